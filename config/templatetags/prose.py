"""Texts that are written once, in docstrings, for pages and for programs."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def prose(text: str) -> SafeString:
    """Return ``text`` escaped, with what stands between backticks as ``<code>``."""
    plain, code = "{}", "<code>{}</code>"
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return format_html(plain, text)
    return format_html_join(
        "", "{}", ((format_html(code if at % 2 else plain, part),) for at, part in enumerate(parts))
    )


@register.filter
def breakable(code: str) -> SafeString:
    """Return a dotted code that a narrow page may break after a dot."""
    return format_html_join(mark_safe(".<wbr>"), "{}", ((part,) for part in code.split(".")))
