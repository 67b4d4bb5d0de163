"""What a body may be: strict JSON in UTF-8, told apart from what merely looks like it."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.api.parsers import parse_json
from accounts.models import ServiceAccount
from accounts.request_errors import MalformedRequest
from tests.clients import RestClient
from tests.rest.documents import places, refused

ACCOUNTS = "/service-accounts"
MALFORMED = {
    "blank": b" \n ",
    "cut off": b'{"name":"x"',
    "trailing garbage": b'{"name":"x"} x',
    "two values": b'{"name":"x"}{"name":"y"}',
    "trailing comma": b'{"name":"x",}',
    "single quotes": b"{'name':'x'}",
    "bare member": b'{name:"x"}',
    "comment": b'{"name":"x"/**/}',
    "raw line break in a text": b'{"name":"a\nb"}',
    "raw NUL": b'{"name":"a\x00b"}',
    "bad escape": b'{"name":"\\x41"}',
    "doubled member": b'{"name":"x","name":"y"}',
    "doubled member, escaped": b'{"name":"x","n\\u0061me":"y"}',
    "doubled member, in depth": b'{"name":"x","description":{"a":[{"b":1,"b":1}]}}',
    "NaN": b'{"name":NaN}',
    "Infinity": b'{"name":Infinity}',
    "-Infinity": b'{"name":-Infinity}',
    "a number beyond every float": b'{"name":1e999}',
    "a number of 6,000 digits": b'{"name":' + b"9" * 6000 + b"}",
    "a fraction of 6,000 digits": b'{"name":0.' + b"9" * 6000 + b"}",
    "a plus sign": b'{"name":+1}',
    "a leading zero": b'{"name":01}',
    "60,000 brackets": b"[" * 60_000,
    "30,000 objects": b'{"a":' * 12_000,
    "17 brackets": b'{"name":' + b"[" * 17 + b"]" * 17 + b"}",
    "byte order mark": b'\xef\xbb\xbf{"name":"x"}',
    "UTF-16": '{"name":"x"}'.encode("utf-16"),
    "UTF-16 without mark": '{"name":"x"}'.encode("utf-16-be"),
    "UTF-32": '{"name":"x"}'.encode("utf-32"),
    "latin-1": b'{"name":"caf\xe9"}',
    "a surrogate in UTF-8": b'{"name":"\xed\xa0\x80"}',
    "overlong UTF-8": b'{"name":"\xc0\x80"}',
    "beyond Unicode": b'{"name":"\xf4\x90\x80\x80"}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_json_of_ours_is_refused(rest: RestClient, door: str, body: bytes) -> None:
    client = RestClient(door, rest.credential)
    document = refused(client.post(ACCOUNTS, body), 400, "Request.Malformed")
    assert document["errors"] == []
    assert document["detail"]
    assert not ServiceAccount.objects.exists()
    assert client.post(ACCOUNTS, {"name": "next"}).status_code == 201


def test_an_empty_body_is_malformed_and_one_of_no_type_unsupported(rest: RestClient) -> None:
    as_json = {"Content-Type": "application/json", "Content-Length": "0"}
    refused(rest.post(ACCOUNTS, b"", headers=as_json), 400, "Request.Malformed")
    refused(rest.post(ACCOUNTS), 415, "Request.UnsupportedMediaType")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rb'{"name":"a\u0000b"}', ["body.name"]),
        (rb'{"name":"\ud800"}', ["body.name"]),
        (rb'{"name":"\udc00x"}', ["body.name"]),
        (rb'{"name":"\ude00\ud83d"}', ["body.name"]),
        (rb'{"name":"x","scopes":["read:users","\u0000"]}', ["body.scopes[1]"]),
        (rb'{"name":"\u0000","description":"\u0000"}', ["body.name", "body.description"]),
    ],
)
def test_a_text_that_no_database_takes_is_told_by_its_place(
    rest: RestClient, body: bytes, expected: list[str]
) -> None:
    assert places(rest.post(ACCOUNTS, body), 400, "Request.Malformed") == expected
    assert not ServiceAccount.objects.exists()


@pytest.mark.parametrize("name", [rb"a\u0000", rb"\ud800"])
def test_a_member_whose_name_is_no_text(rest: RestClient, name: bytes) -> None:
    refused(rest.post(ACCOUNTS, b'{"name":"x","' + name + b'":1}'), 400, "Request.Malformed")


def test_a_pair_of_surrogate_escapes_is_a_character(rest: RestClient) -> None:
    answer = rest.post(ACCOUNTS, rb'{"name":"\ud83d\ude80 \u00e9"}')
    assert answer.status_code == 201
    assert answer.json()["name"] == "🚀 é"
    assert "🚀 é".encode() in answer.content


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "APPLICATION/JSON",
        "application/json ; charset=utf8",
    ],
)
def test_utf_8_may_be_said(rest: RestClient, content_type: str) -> None:
    body = '{"name":"é"}'.encode()
    assert rest.post(ACCOUNTS, body, content_type=content_type).json()["name"] == "é"


def test_brackets_inside_a_text_do_not_nest(rest: RestClient) -> None:
    body = {"name": "x", "description": '["{' * 200}
    assert rest.post(ACCOUNTS, body).status_code == 201


def test_an_operation_without_a_body_does_not_read_one(
    rest: RestClient, deploy: ServiceAccount
) -> None:
    garbage = b"\xff" * 70_000
    for step in ("disable", "enable"):
        answer = rest.post(f"{ACCOUNTS}/deploy/{step}", garbage, content_type="text/plain")
        assert answer.status_code == 200
    answer = rest.ask("delete", f"{ACCOUNTS}/deploy", garbage, content_type="text/plain")
    assert answer.status_code == 204


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.booleans())
def test_every_json_value_is_read_as_it_was_meant(value: Any, ascii_only: bool) -> None:
    try:
        read = parse_json(json.dumps(value, ensure_ascii=ascii_only).encode())
    except MalformedRequest as refusal:
        assert "nested" in refusal.detail  # noqa: PT017 - the one way that a value is refused
    else:
        assert read == value


@given(st.binary(max_size=60) | st.text('{}[]",:\\u0d8ae+-.N ', max_size=40).map(str.encode))
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    try:
        value = parse_json(content)
    except MalformedRequest:
        return
    plain = json.loads(content.decode("utf-8"))
    assert value == plain
    assert not isinstance(value, float) or math.isfinite(value)
