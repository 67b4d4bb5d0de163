"""The scope picker: the catalogue by module, as a person may give it on."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.actor import Actor
from accounts.catalogue import Preset, catalogue, presets
from accounts.scopes import ACTIONS, Module, Scope, missing
from accounts.web.words import said


@dataclass(frozen=True, slots=True)
class Cell:
    """One scope of the picker, to be ticked.

    ``is_locked``: the person does not hold it, so it cannot be given; one that is there already
    is not locked, since it can be taken away.
    """

    scope: str
    words: str
    is_chosen: bool
    is_locked: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A module; ``cells`` are those of read, write and delete, None for what it does not have."""

    label: str
    description: str
    cells: Sequence[Cell | None]


@dataclass(frozen=True, slots=True)
class Group:
    """Modules that stand together, in the catalogue's order."""

    name: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Picker:
    """All that the picker shows: ``groups``, what can be begun with, and the choice in words."""

    groups: list[Group]
    presets: Sequence[Preset]
    chosen: Sequence[str]
    sentences: Sequence[str]


def picker(actor: Actor, chosen: Collection[str], granted: Collection[str] = ()) -> Picker:
    """Return the picker for ``actor`` with ``chosen`` ticked.

    Args:
        chosen: as typed; what is no scope is left out here, and refused by the services.
        granted: the scopes that the thing has already.
    """
    known = catalogue()
    told = [scope for scope in dict.fromkeys(chosen) if scope in known or scope in granted]
    by_module: dict[str, dict[str, Scope]] = {}
    for scope in known:
        by_module.setdefault(scope.text.partition(":")[2], {})[scope.action] = scope
    groups: dict[str, list[Row]] = {}
    for scopes in by_module.values():
        module = next(iter(scopes.values())).module
        cells = [
            _cell(actor, scopes[action], chosen, granted) if action in scopes else None
            for action in ACTIONS
        ]
        label, description, group = _told(module)
        groups.setdefault(group, []).append(Row(label, description, cells))
    if gone := _no_longer_known(chosen, granted):
        groups[_("No longer in the catalogue")] = gone
    return Picker(
        groups=[Group(name, rows) for name, rows in groups.items()],
        presets=[Preset(said(one.name), one.scopes) for one in presets()],
        chosen=told,
        sentences=in_words(told),
    )


def in_words(scopes: Iterable[str]) -> list[str]:
    """Return what ``scopes`` allow, a sentence each; what another one includes is left out."""
    told = catalogue().ordered(scopes)
    labels = {module.name: said(module.label) for module in catalogue().modules}
    return [
        _phrase(scope, labels)
        for at, scope in enumerate(told)
        if missing([*told[:at], *told[at + 1 :]], [scope])
    ]


def apply_preset(actor: Actor, typed: QueryDict) -> QueryDict:
    """Return a form as it was typed, with the scopes of the preset whose button was pressed.

    Scopes that the person does not hold are left out. Another value than a preset's number
    changes nothing: the form comes back with its choice in words.
    """
    form = typed.copy()
    pressed = form.pop("preset", [""])[-1]
    offered = {str(at): preset.scopes for at, preset in enumerate(presets())} | {"none": ()}
    if pressed in offered:
        form.pop("scopes", None)
        if held := [one for one in offered[pressed] if not missing(actor.scopes, [one])]:
            form.setlist("scopes", held)
        form["mode"] = "choose"
    return form


def _cell(actor: Actor, scope: Scope, chosen: Collection[str], granted: Collection[str]) -> Cell:
    labels = {scope.module.name: said(scope.module.label)} if scope.module else {}
    is_held = not missing(actor.scopes, [scope.text])
    return Cell(
        scope=scope.text,
        words=_phrase(scope.text, labels),
        is_chosen=scope.text in chosen,
        is_locked=not is_held and scope.text not in granted,
    )


def _no_longer_known(chosen: Collection[str], granted: Collection[str]) -> list[Row]:
    """Return a row for each scope that the thing has and the catalogue does not: to untick."""
    known = catalogue()
    rows = []
    for scope in granted:
        if scope not in known:
            action, _colon, module = scope.partition(":")
            cell = Cell(scope, _phrase(scope, {}), scope in chosen, is_locked=False)
            rows.append(Row(module, "", [cell if each == action else None for each in ACTIONS]))
    return rows


def _told(module: Module | None) -> tuple[str, str, str]:
    """Return a module's label, description and group."""
    if module is None:
        return pgettext("modules", "All"), _("Those that come later too"), _("Everything")
    return said(module.label), said(module.description), said(module.group)


def _phrase(scope: str, labels: dict[str, str]) -> str:
    """Return what one scope allows."""
    action, _colon, module = scope.partition(":")
    if module == "*":
        return {
            "read": _("Read everything"),
            "write": _("Do everything: read, write and delete"),
            "delete": _("Delete everything"),
        }[action]
    sentence = {
        "read": _("Read %(module)s"),
        "write": _("Read and write %(module)s"),
        "delete": _("Delete %(module)s"),
    }[action]
    return sentence % {"module": labels.get(module, module)}
