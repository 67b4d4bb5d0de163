"""What values people may give: one function for each, whatever door they come through.

Each takes the value as it came and returns it as it is kept, or raises ``BadInput``
(``contract.md`` sections 2, 4 and 5). The REST shapes call them field by field to tell
all faults at once; the services call them again, since no door is trusted.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.catalogue import catalogue
from accounts.errors import Fault, invalid
from accounts.names import LONGEST_NAME, canonical_email, fold, has_control, tidy
from accounts.redaction import holds_secret, redact
from accounts.roles import Role
from accounts.scopes import MOST_SCOPES
from accounts.slugs import is_slug

Given = TypeVar("Given")
Kept = TypeVar("Kept")

LONGEST_EMAIL = 254
LONGEST_DESCRIPTION = 1000
LONGEST_REASON = 500
LONGEST_EXTERNAL_ID = 200
LONGEST_ECHO = 200
LONGEST_SEARCH = 200


class BadInput(ValueError):
    """A value is not allowed: ``messages`` has what is wrong, by its place below the member.

    The place is ``""`` for the value itself and ``[2]`` for the third of a list.
    """

    def __init__(self, messages: dict[str, str]) -> None:
        super().__init__("; ".join(messages.values()))
        self.messages = messages


def clean_name(text: str) -> str:
    """Return a name as it is kept: trimmed, NFC, 1 to 200 characters on one line."""
    return _clean_text(text, LONGEST_NAME)


def clean_description(text: str) -> str | None:
    """Return a description of up to 1,000 characters, line breaks allowed; None for nothing."""
    lines = text.replace("\r\n", "\n")
    return _clean_text(lines, LONGEST_DESCRIPTION, allowed="\n\t") if lines.strip() else None


def clean_reason(text: str) -> str:
    """Return why staff do something, 1 to 500 characters, line breaks allowed."""
    return _clean_text(text.replace("\r\n", "\n"), LONGEST_REASON, allowed="\n\t")


def clean_external_id(text: str) -> str:
    """Return an integrator's own name for an account, 1 to 200 characters."""
    return _clean_text(text, LONGEST_EXTERNAL_ID)


def clean_slug(text: str) -> str:
    """Return a slug, unchanged."""
    if not is_slug(text):
        raise BadInput({"": "must be 2 to 100 of a-z, 0-9 and -, with no - at either end"})
    return text


def clean_email(text: str) -> str:
    """Return an e-mail address in its one canonical spelling."""
    address = canonical_email(text)
    try:
        validate_email(address)
    except ValidationError:
        raise BadInput({"": "must be an e-mail address"}) from None
    if len(address) > LONGEST_EMAIL:
        raise BadInput({"": f"must be at most {LONGEST_EMAIL} characters"})
    return address


def clean_role(text: str) -> Role:
    """Return the role of this name."""
    try:
        return Role(text)
    except ValueError:
        raise BadInput({"": f"must be one of: {', '.join(Role)}"}) from None


def clean_scopes(scopes: Iterable[str]) -> list[str]:
    """Return scopes as they are stored: known ones, each once, in catalogue order."""
    asked = list(scopes)
    if len(asked) > MOST_SCOPES:
        raise BadInput({"": f"must be at most {MOST_SCOPES} scopes"})
    known = catalogue()
    faults = {f"[{at}]": _unknown(text) for at, text in enumerate(asked) if text not in known}
    if faults:
        raise BadInput(faults)
    return known.ordered(asked)


def clean_search(text: str) -> str:
    """Return what is searched for, folded as the searched values are."""
    if len(text) > LONGEST_SEARCH or has_control(text):
        raise BadInput({"": f"must be at most {LONGEST_SEARCH} characters, none of them control"})
    return fold(text)


def optional(clean: Callable[[str], Kept]) -> Callable[[str | None], Kept | None]:
    """Return ``clean`` for a member that may be left out: None stays None."""
    return lambda text: None if text is None else clean(text)


def echo(value: Any) -> Any:
    """Return what may be told of a ``value`` that was sent: cut at 200 characters, no secret."""
    if isinstance(value, str):
        return redact(value)[:LONGEST_ECHO]
    if isinstance(value, dict | list):
        return type(value)()
    return value


class Inputs:
    """Cleans the values that a service was given, and refuses them all together."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def take(self, member: str, value: Given, clean: Callable[[Given], Kept]) -> Kept:
        """Return ``value`` cleaned; a fault is noted under ``body.<member>``.

        What it returns for a faulty value must not be used: call ``refuse`` first.
        """
        try:
            return clean(value)
        except BadInput as bad:
            self._faults += [
                Fault(location=f"body.{member}{place}", message=message)
                for place, message in bad.messages.items()
            ]
            return cast("Kept", value)

    def refuse(self) -> None:
        """Raise InvalidRequest or InvalidScopes if any value was at fault."""
        if self._faults:
            raise invalid(self._faults)


def _clean_text(text: str, most: int, *, allowed: str = "") -> str:
    kept = tidy(text)
    if not kept:
        raise BadInput({"": "must be at least 1 character"})
    if len(kept) > most:
        raise BadInput({"": f"must be at most {most} characters"})
    if has_control(kept, allowed=allowed):
        raise BadInput({"": "must not hold control or bidirectional characters"})
    if holds_secret(kept):
        raise BadInput({"": "holds a secret; revoke it and leave it out"})
    return kept


def _unknown(text: str) -> str:
    nearest = catalogue().nearest(text)
    hint = f'did you mean "{nearest}"?' if nearest else "GET /scopes lists the known ones"
    return f"unknown scope; {hint}"
