"""The installation's scope catalogue, as its settings give it.

``WARDKEY_SCOPES`` is JSON: ``{"extend": true, "modules": [{"module": "invoices",
"label": "Invoices", "description": "", "group": "", "actions": ["read"]}]}``.
With ``extend`` the modules are added to the default ones, without it they
replace them. ``WARDKEY_SCOPE_PRESETS`` is JSON too: ``[{"name": "Read everything",
"scopes": ["read:*"]}]``, what the console's forms offer to begin with. System checks
(``config/checks.py``) read both at start.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings

from accounts.scopes import ACTIONS, Catalogue, Module

DEFAULT_MODULES = (
    Module("feature_flags", "Feature flags", "Switches that turn features on and off.", "Product"),
    Module("instances", "Instances", "Running installations of the product.", "Product"),
    Module("licenses", "Licenses", "What customers have bought the right to use.", "Commerce"),
    Module("entitlements", "Entitlements", "What a license gives access to.", "Commerce"),
    Module("components", "Components", "The parts that a product is made of.", "Product"),
    Module("customers", "Customers", "The organizations that are sold to.", "Commerce"),
    Module("deployment_zones", "Deployment zones", "Where instances run.", "Product"),
    Module("metadata_fields", "Metadata fields", "Own fields on records.", "Product"),
    Module("releases", "Releases", "Published versions of the product.", "Product"),
    Module("users", "Users", "People with access.", "Access"),
    Module("organizations", "Organizations", "The organization and its settings.", "Access"),
    Module("tokens", "Service accounts and tokens", "Machine credentials.", "Access"),
    Module("webhooks", "Webhooks", "Calls that tell other systems of events.", "Operations"),
    Module("memberships", "Memberships", "Who belongs to an organization.", "Access"),
    Module("notifications", "Notifications", "Messages to people.", "Operations"),
    Module("billing", "Billing", "Invoices and payments.", "Commerce"),
    Module("addons", "Add-ons", "Extras beside the product.", "Commerce"),
    Module("audit", "Audit log", "Who did what, and when.", "Operations"),
)


@dataclass(frozen=True, slots=True)
class Preset:
    """Scopes that a form offers together, under a name."""

    name: str
    scopes: tuple[str, ...]


DEFAULT_PRESETS = (Preset("Read everything", ("read:*",)),)


def catalogue() -> Catalogue:
    """Return the installation's catalogue.

    Raises:
        ValueError, TypeError: the setting is not of the form that this module's docstring shows.
    """
    return _read(settings.WARDKEY_SCOPES)


def presets() -> tuple[Preset, ...]:
    """Return the installation's presets.

    Raises:
        ValueError, TypeError: the setting is not of the form that this module's docstring shows,
            or names a scope that the catalogue does not have.
    """
    return _read_presets(settings.WARDKEY_SCOPE_PRESETS, settings.WARDKEY_SCOPES)


@lru_cache(maxsize=8)
def _read_presets(text: str, scopes: str) -> tuple[Preset, ...]:
    if not text:
        return DEFAULT_PRESETS
    document = json.loads(text)
    if not isinstance(document, list):
        raise TypeError("it is a list of presets")
    return tuple(_preset(entry, _read(scopes)) for entry in document)


def _preset(entry: Any, known: Catalogue) -> Preset:
    if not isinstance(entry, dict) or entry.keys() != {"name", "scopes"}:
        raise TypeError('each preset is an object with "name" and "scopes"')
    name, scopes = entry["name"], entry["scopes"]
    if not isinstance(name, str) or not name.strip() or not isinstance(scopes, list):
        raise TypeError('a preset has a text as its "name" and a list as its "scopes"')
    unknown = [str(scope) for scope in scopes if scope not in known]
    if unknown:
        raise ValueError(f"the preset {name} has unknown scopes: {', '.join(unknown)}")
    return Preset(name.strip(), tuple(known.ordered(scopes)))


@lru_cache(maxsize=8)
def _read(text: str) -> Catalogue:
    if not text:
        return Catalogue(DEFAULT_MODULES)
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("modules"), list):
        raise TypeError('it is an object with "modules", a list')
    base = DEFAULT_MODULES if document.get("extend") is True else ()
    return Catalogue([*base, *(_module(entry) for entry in document["modules"])])


def _module(entry: Any) -> Module:
    if not isinstance(entry, dict) or not isinstance(entry.get("module"), str):
        raise TypeError('each module is an object with "module", its name')
    unknown = entry.keys() - {"module", "label", "description", "group", "actions"}
    if unknown:
        raise ValueError(f"unknown members of a module: {', '.join(sorted(unknown))}")
    name = entry["module"]
    return Module(
        name=name,
        label=str(entry.get("label", name)),
        description=str(entry.get("description", "")),
        group=str(entry.get("group", "")),
        actions=tuple(entry.get("actions", ACTIONS)),
    )
