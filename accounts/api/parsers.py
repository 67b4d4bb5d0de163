"""Strict JSON in, compact JSON out.

What bare parsers let pass is refused: members that stand twice, NaN and infinities,
NUL and half surrogate pairs, deep nesting, other encodings (``contract.md`` sections 1
and 3).
"""

import json
import math
from collections.abc import Iterator, Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from accounts.errors import Fault
from accounts.request_errors import MalformedRequest, TooLarge, UnsupportedMediaType

MAX_BODY_BYTES = 64 * 1024


def too_large() -> TooLarge:
    """Return the refusal of a body that is larger."""
    return TooLarge(f"The body is larger than {MAX_BODY_BYTES // 1024} KiB.")


DEEPEST = 16
LONGEST_NUMBER = 100


class StrictJSONParser(BaseParser):
    """Reads ``application/json``."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the JSON value of the body.

        Raises:
            UnsupportedMediaType: it is compressed, or said to be in another encoding than UTF-8.
            MalformedRequest: it cannot be read.
        """
        require_plain((parser_context or {})["request"])
        return parse_json(stream.read())


class MergePatchParser(StrictJSONParser):
    """Reads ``application/merge-patch+json`` (RFC 7396)."""

    media_type = "application/merge-patch+json"


class CompactJSONRenderer(JSONRenderer):
    """Writes JSON without spaces, in UTF-8, refusing what JSON cannot say."""

    charset = None


def require_plain(request: Request) -> None:
    """Return if the body is said to be UTF-8 and not compressed.

    Raises:
        UnsupportedMediaType: it is not.
    """
    charset = request.content_type.lower().partition("charset=")[2].partition(";")[0]
    if charset.strip(' "') not in {"", "utf-8", "utf8"}:
        raise UnsupportedMediaType("The body must be in UTF-8.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("The body must not be compressed.")


def parse_json(content: bytes) -> Any:
    """Return the JSON value of ``content``.

    Raises:
        MalformedRequest: it is not JSON in UTF-8 that this API reads; ``detail`` says why.
    """
    try:
        text = content.decode("utf-8")
        _refuse_deep(text)
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_whole,
            parse_float=_number,
        )
    except UnicodeDecodeError:
        raise MalformedRequest("The body is not UTF-8.") from None
    except json.JSONDecodeError as fault:
        raise MalformedRequest(
            f"The body is not JSON: {fault.msg} (line {fault.lineno}, column {fault.colno})."
        ) from None
    except RecursionError:
        raise MalformedRequest("The body is nested too deeply.") from None
    faults = [
        Fault(location=place, message="must not hold NUL or half a surrogate pair")
        for place in _unwritable(value, "body")
    ]
    if faults:
        raise MalformedRequest("A text in the body cannot be stored.", faults)
    return value


def _refuse_deep(text: str) -> None:
    """Refuse nesting by counting brackets outside of strings, before anything is built."""
    depth, in_string, escaped = 0, False, False
    for char in text:
        if in_string:
            in_string = escaped or char != '"'
            escaped = not escaped and char == "\\"
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            if depth > DEEPEST:
                raise RecursionError
        elif char in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise MalformedRequest("A member stands twice in one object of the body.")
    return members


def _refuse_constant(name: str) -> None:
    raise MalformedRequest(f"The body is not JSON: {name} is no value.")


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise MalformedRequest(f"A number in the body has more than {LONGEST_NUMBER} digits.")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if len(text) > LONGEST_NUMBER or not math.isfinite(value):
        raise MalformedRequest("A number in the body is too large.")
    return value


def _unwritable(value: Any, place: str) -> Iterator[str]:
    """Yield the places of texts that no database takes: those with NUL or lone surrogates."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            yield place
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _unwritable(name, place)
            yield from _unwritable(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _unwritable(inner, f"{place}[{at}]")
