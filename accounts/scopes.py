"""Scopes: ``<action>:<module>``, what includes what, and the catalogue of them.

The rules are those of ``contract.md`` section 2. Pure: no settings, no database.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

ACTIONS = ("read", "write", "delete")
ANY = "*"
MOST_SCOPES = 100

_MODULE_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")


def includes(held: str, wanted: str) -> bool:
    """Say whether the one scope ``held`` includes ``wanted``.

    ``write:X`` includes ``read:X``; ``write:*`` includes everything, deletes too;
    ``read:*`` and ``delete:*`` include those of their action.
    """
    if held in {wanted, f"write:{ANY}"}:
        return True
    held_action, _, held_module = held.partition(":")
    action, _, module = wanted.partition(":")
    if held_module not in {module, ANY}:
        return False
    return held_action == action or (held_action, action) == ("write", "read")


def missing(held: Collection[str], wanted: Iterable[str]) -> list[str]:
    """Return those of ``wanted`` that nothing in ``held`` includes, in their order."""
    return [want for want in wanted if not any(includes(have, want) for have in held)]


@dataclass(frozen=True, slots=True)
class Module:
    """One part of an organization's systems that scopes speak about."""

    name: str
    label: str
    description: str = ""
    group: str = ""
    actions: tuple[str, ...] = ACTIONS

    def __post_init__(self) -> None:
        if not _MODULE_NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no module name: a-z, 0-9 and _, a letter first")
        if not self.actions or any(action not in ACTIONS for action in self.actions):
            raise ValueError(f"the actions of {self.name} are some of {', '.join(ACTIONS)}")


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope of the catalogue, with the module that it speaks about (None for ``*``)."""

    text: str
    action: str
    module: Module | None


class Catalogue:
    """The scopes that an installation knows, in their order: ``*`` first, then by module."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self.modules = tuple(modules)
        names = [module.name for module in self.modules]
        if len(set(names)) < len(names):
            raise ValueError("a module stands twice in the catalogue")
        self._scopes = {scope.text: scope for scope in self._all()}
        self._order = {text: at for at, text in enumerate(self._scopes)}

    def __iter__(self) -> Iterator[Scope]:
        return iter(self._scopes.values())

    def __contains__(self, text: str) -> bool:
        return text in self._scopes

    def ordered(self, scopes: Iterable[str]) -> list[str]:
        """Return ``scopes`` as they are stored: each once, in catalogue order.

        Included ones stay. What a former catalogue knew and this one does not comes last.
        """
        return sorted(set(scopes), key=lambda text: (self._order.get(text, len(self._order)), text))

    def nearest(self, text: str) -> str | None:
        """Return the known scope that looks most like ``text``, None when none does."""
        found = get_close_matches(text[:100].lower(), self._scopes, n=1, cutoff=0.6)
        return found[0] if found else None

    def _all(self) -> Iterator[Scope]:
        for action in ACTIONS:
            yield Scope(f"{action}:{ANY}", action, None)
        for module in self.modules:
            for action in ACTIONS:
                if action in module.actions:
                    yield Scope(f"{action}:{module.name}", action, module)
