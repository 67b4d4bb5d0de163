"""What services say of values and refusals is known to the console, and said in German."""

import ast
import re
from collections.abc import Iterator

import pytest
from django.utils import translation

from accounts.errors import DomainError
from accounts.web.refusal_words import PATTERNS
from accounts.web.words import said
from tests.house.tree import dotted, modules, tree_of

ELSEWHERE = (
    "/admin/",  # which speaks English alone
    "accounts/services/staff.py",
    "accounts/services/bulk_runs.py",
    "/api/",  # the REST API's own, whose requests no browser makes
    "/oauth/",
    "/gate/",
    "/issuers/",
    "/management/",
    "config/server/",  # before Django
    "config/operations/",
    "accounts/services/organizations.py",  # founded and renamed by commands
    "accounts/services/suspension.py",  # by commands and in the admin
    "accounts/services/outsiders.py",  # taken in by commands and at REST
    "accounts/services/once.py",  # a header of REST
)
SPOKEN_BY_COMMANDS = (
    "A JWT for somebody else is had by the operator alone.",
    "A password is given by the operator alone, by a command.",
    "Only the operator trims the audit log, by a command.",
    'The organization "…" is suspended or deleted.',
    '… was removed: no JWT for "…" would be good.',
    '… is deactivated: no JWT for "…" would be good.',
    "must be at least 30 days ago: … or earlier",
)
"""What the console never shows, though a service that it calls stands beside it."""

FILLED = {
    "status": ("revoked", "expired"),
    "hint": ("GET /scopes lists the known ones", 'did you mean "…"?'),
    "many": ("a problem", "… problems"),
}
"""What stands in a hole that is filled with words; any other is filled with ``…``."""

TELLERS = {"BadInput", "Fault", *(error.__name__ for error in DomainError.catalogue.values())}


def spoken() -> list[tuple[str, str]]:
    """Return the modules and the sentences that the console may have to show."""
    return sorted(
        (module, sentence)
        for module in modules("accounts", "tokens", "config")
        if not any(place in module for place in ELSEWHERE)
        for told in _told(tree_of(module))
        for sentence in _sentences(told)
        if sentence not in SPOKEN_BY_COMMANDS
    )


def _told(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield what is handed to a refusal, or set aside to be handed to one."""
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                name = dotted(node.func)
                if name.rpartition(".")[2] in TELLERS or name == "super.__init__":
                    yield from node.args[:1]
                    yield from (word.value for word in node.keywords if word.arg == "message")
            case ast.Assign(targets=[ast.Name(id="message" | "detail")]):
                yield node.value
            case ast.FunctionDef() if node.name.endswith(("_fault", "_unknown")):
                yield from (
                    r.value for r in ast.walk(node) if isinstance(r, ast.Return) and r.value
                )


def _sentences(told: ast.expr) -> Iterator[str]:
    """Yield each sentence of an expression; holes are filled."""
    match told:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr():
            texts = [""]
            for part in told.values:
                texts = [text + more for text in texts for more in _fillings(part)]
            yield from texts
        case ast.IfExp():
            yield from _sentences(told.body)
            yield from _sentences(told.orelse)
        case ast.Dict():
            for value in told.values:
                yield from _sentences(value)


def _fillings(part: ast.expr) -> tuple[str, ...]:
    if isinstance(part, ast.Constant):
        return (str(part.value),)
    assert isinstance(part, ast.FormattedValue)
    named = FILLED.get(ast.unparse(part.value))
    return named or tuple(_sentences(part.value)) or ("…",)


def test_sentences_are_found() -> None:
    found = {sentence for _module, sentence in spoken()}
    assert "must be at most … characters" in found
    assert 'The token "…" is revoked.' in found
    assert 'There is no service account "…" in your organization.' in found


@pytest.mark.parametrize(("module", "sentence"), spoken())
def test_it_is_said_in_german(module: str, sentence: str) -> None:
    with translation.override("de"):
        assert said(sentence) != sentence


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_console_knows_no_sentence_that_nobody_says(pattern: str) -> None:
    form = re.compile(re.sub(r"%\\\(\w+\\\)s", ".*", re.escape(pattern)))
    assert any(form.fullmatch(sentence) for sentence in SAID_BY_ALL)


def _all_texts() -> Iterator[str]:
    """Yield every text of the code, with its holes filled."""
    for module in modules("accounts", "tokens", "config"):
        if module == "accounts/web/refusal_words.py":
            continue
        for node in ast.walk(tree_of(module)):
            if isinstance(node, ast.Constant | ast.JoinedStr):
                yield from _sentences(node)


SAID_BY_ALL = set(_all_texts())
