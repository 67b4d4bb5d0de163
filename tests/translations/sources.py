"""What the console says, found where it is written: in code, templates and the scope catalogue."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.utils.translation.template import templatize

from accounts.catalogue import DEFAULT_MODULES, DEFAULT_PRESETS
from tests.house.tree import PACKAGES, ROOT, modules

FOLDER = ROOT / "locale" / "de" / "LC_MESSAGES"
PO, MO = FOLDER / "django.po", FOLDER / "django.mo"

_CALLS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
"""Each function that marks a text, with the places of its context (c), singular and plural."""


def template() -> Catalog:
    """Return every text that is to be translated, with the files that have it."""
    found = Catalog(charset="utf-8")
    for module in modules(*PACKAGES):
        _add(found, module, (ROOT / module).read_bytes())
    for path in templates():
        _add(found, str(path.relative_to(ROOT)), _as_code(path))
    for text in _catalogue():
        found.add(text, locations=[("accounts/catalogue.py", 0)])
    return found


def templates() -> list[Path]:
    """Return all templates, HTML and text."""
    return sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in _TEMPLATES)


_TEMPLATES = {".html", ".txt"}


def _add(found: Catalog, name: str, code: bytes) -> None:
    for _line, text, _comments, context in extract("python", BytesIO(code), _CALLS):
        found.add(text, locations=[(name, 0)], context=context)


def _as_code(path: Path) -> bytes:
    """Return the calls that a template's tags stand for; brackets make its indents mean nothing."""
    code = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    return f"(\n{code}\n)".encode()


def _catalogue() -> Iterator[str]:
    """Yield what the scopes of an installation without a catalogue of its own are called."""
    for module in DEFAULT_MODULES:
        yield from (module.label, module.description, module.group)
    yield from (preset.name for preset in DEFAULT_PRESETS)
