"""Shapes: how JSON comes in and goes out, in one place.

snake_case here, camelCase on the wire; absent for None. Every fault of a body is
found in one pass and told by its place (``body.scopes[1]``).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from rest_framework import serializers

from accounts.errors import UNKNOWN_MEMBER, Fault, invalid
from accounts.inputs import BadInput, clean_scopes, echo
from accounts.moments import timestamp
from accounts.names import camel

_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


class Shape(serializers.Serializer[Any]):
    """Members of a JSON object: closed on the way in, without nulls on the way out.

    ``null_clears`` is what ``null`` means for an optional member: it removes it (PUT and
    PATCH), or the member was not given (POST; ``contract.md`` section 1). ``example`` has
    values for the OpenAPI document, by their names on the wire; nested shapes have their own.
    """

    null_clears = False
    camel_case = True  # off where another standard names the members
    closed = True  # off where another standard has unknown members ignored
    example: ClassVar[dict[str, Any]] = {}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields by their names on the wire."""
        fields = {}
        for name, shaped in super().get_fields().items():
            wire_name = camel(name) if self.camel_case else name
            if wire_name != name and shaped.source is None:
                shaped.source = name
            shaped.error_messages |= {"required": "is required", "null": "must not be null"}
            fields[wire_name] = shaped
        return fields

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the members that were given, by their names in Python."""
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"": ["must be an object"]})
        faults: dict[str, Any] = {
            name: [UNKNOWN_MEMBER] for name in data if name not in self.fields
        }
        given = {
            name: value
            for name, value in data.items()
            if not (value is None and self._drops_null(name))
        }
        try:
            values = super().to_internal_value(given)
        except serializers.ValidationError as bad:
            faults = {**_as_dict(bad.detail), **faults}
        faults = {**self.rule_faults(given), **faults}
        if faults:
            raise serializers.ValidationError(faults)
        return dict(values)

    def rule_faults(self, given: Mapping[str, Any]) -> dict[str, list[str]]:
        """Return what is wrong between members, or with one left out, by member.

        ``given`` has the members as they were sent; ``context["view"]`` what the path names.
        """
        return {}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the JSON object, without the members that have no value."""
        shown = super().to_representation(instance)
        return {name: value for name, value in shown.items() if value is not None}

    def _drops_null(self, name: str) -> bool:
        shaped = self.fields.get(name)
        return shaped is not None and not shaped.required and not self.null_clears


class CleanText(serializers.Field[Any, str, str, Any]):
    """A text that one of the rules of ``accounts/inputs.py`` cleans.

    ``schema`` is what JSON Schema can say of that rule, for the OpenAPI document.
    """

    def __init__(
        self,
        clean: Callable[[str], Any],
        *,
        schema: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._clean = clean
        self.schema = {"type": "string", **(schema or {})}

    def to_internal_value(self, data: Any) -> Any:
        """Return the text as it is kept; nothing but a text is one."""
        if not isinstance(data, str):
            raise serializers.ValidationError("must be a string")
        try:
            return self._clean(data)
        except BadInput as bad:
            raise serializers.ValidationError(list(bad.messages.values())) from None

    def to_representation(self, value: str) -> str:
        """Return it unchanged."""
        return value


class ScopesField(serializers.Field[Any, Any, Any, Any]):
    """A list of scopes; each fault is told at its place in the list."""

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the list as it was sent, if it can be kept.

        The service cleans it; here it stays as sent, so that its places can be told.
        """
        if not isinstance(data, list):
            raise serializers.ValidationError("must be a list of scopes")
        if odd := {
            str(at): ["must be a string"] for at, scope in enumerate(data) if type(scope) is not str
        }:
            raise serializers.ValidationError(odd)
        try:
            clean_scopes(data)
        except BadInput as bad:
            raise serializers.ValidationError(
                {place.strip("[]"): [message] for place, message in bad.messages.items()}
            ) from None
        return data

    def to_representation(self, value: Any) -> Any:
        """Return it unchanged."""
        return value


class Moment(serializers.Field[Any, datetime, str, Any]):
    """A time: RFC 3339 with an offset on the way in, UTC with ``Z`` and milliseconds out."""

    def to_internal_value(self, data: Any) -> datetime:
        """Return an aware time in UTC."""
        if not isinstance(data, str) or not _MOMENT.fullmatch(data):
            raise serializers.ValidationError(
                "must be a time with an offset, like 2030-01-31T12:00:00Z"
            )
        try:
            return datetime.fromisoformat(data.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise serializers.ValidationError("must be a time that exists") from None

    def to_representation(self, value: datetime) -> str:
        """Return RFC 3339 in UTC; milliseconds are shown where there are any."""
        return timestamp(value)


def read_shape(shape: Shape, place: str) -> dict[str, Any]:
    """Return the values that ``shape`` was given, by their names in Python.

    Args:
        place: ``body`` or ``query``.

    Raises:
        InvalidRequest, InvalidScopes: with every fault.
    """
    if not shape.is_valid():
        raise invalid(list(_faults(shape.errors, shape.initial_data, place)))
    values: dict[str, Any] = shape.validated_data
    return values


def _as_dict(detail: Any) -> dict[str, Any]:
    return dict(detail) if isinstance(detail, Mapping) else {"": detail}


def _faults(detail: Any, sent: Any, place: str) -> Iterator[Fault]:
    """Walk DRF's nested messages beside what was sent, and tell each by its place."""
    if not isinstance(detail, Mapping):
        for message in detail:
            yield _fault(place, str(message), sent)
        return
    for name, inner in detail.items():
        if name in {"", "non_field_errors"}:
            yield from _faults(inner, sent, place)
        elif isinstance(sent, list):
            yield from _faults(inner, sent[int(name)], f"{place}[{name}]")
        else:
            known = isinstance(sent, Mapping) and name in sent
            yield from _faults(inner, sent[name] if known else _ABSENT, f"{place}.{name}")


_ABSENT = object()
_UNSHOWN = ("password", "refresh", "token", "otp")


def _fault(place: str, message: str, sent: Any) -> Fault:
    """Return one entry of ``errors``; what may be a secret is not echoed."""
    hidden = sent is _ABSENT or message == UNKNOWN_MEMBER or place.endswith(_UNSHOWN)
    fault = Fault(location=place, message=message)
    if not hidden:
        fault["value"] = echo(sent)
    return fault
