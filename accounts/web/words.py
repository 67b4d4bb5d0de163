"""The domain's sentences in the reader's language.

Services speak English, as the REST API does. The console looks each sentence up in its
translations, as it is or by its pattern (``accounts/web/refusal_words.py``); one that is not
there stays as it is.
"""

import re
from functools import cache

from django.utils.translation import gettext

from accounts.web.refusal_words import PATTERNS

_HOLE = re.compile(r"%\((\w+)\)s")


def said(sentence: str) -> str:
    """Return a sentence of the domain in the reader's language."""
    for pattern, form in _forms():
        if found := form.fullmatch(sentence):
            return gettext(pattern) % found.groupdict()
    return gettext(sentence) if sentence else ""  # for "" gettext tells its own header


@cache
def _forms() -> list[tuple[str, re.Pattern[str]]]:
    """Return each pattern with holes, and what a sentence made of it looks like."""
    return [(pattern, _form_of(pattern)) for pattern in PATTERNS if _HOLE.search(pattern)]


def _form_of(pattern: str) -> re.Pattern[str]:
    """Return the form of the sentences that a pattern makes; what fills a hole is any text."""
    texts_and_holes = _HOLE.split(pattern)
    form = "".join(
        f"(?P<{part}>.*)" if at % 2 else re.escape(part) for at, part in enumerate(texts_and_holes)
    )
    return re.compile(form, re.DOTALL)
