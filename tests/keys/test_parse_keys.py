"""The text of the server keys: what is read, and what is refused without quoting a key."""

import base64
from hashlib import sha256, sha512

import pytest

from accounts.keys import BadKeys, KeyRing, ServerKey, parse_keys

MATERIAL = sha256(b"one").digest()
KEY = base64.b64encode(MATERIAL).decode()
OTHER = base64.b64encode(sha256(b"other").digest()).decode()
THIRD = base64.b64encode(sha512(b"third").digest()).decode()
SHORT = base64.b64encode(sha256(b"short").digest()[:31]).decode()
URLSAFE = base64.urlsafe_b64encode(b"\xfb\xef\xbe" * 12).decode()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (f"k1:{KEY}", ["k1"]),
        (f"k2:{KEY},k1:{OTHER}", ["k2", "k1"]),
        (f"k2:{KEY}\nk1:{OTHER}\n", ["k2", "k1"]),
        (f" k2:{KEY} ,\r\n k1:{OTHER} ,", ["k2", "k1"]),
        (f"2030-01.a_b:{KEY},k1:{OTHER},K1:{THIRD}", ["2030-01.a_b", "k1", "K1"]),
        (f"k1:{KEY.rstrip('=')}", ["k1"]),
        (f"k1: {KEY}", ["k1"]),
    ],
)
def test_one_to_three_keys_are_read_newest_first(text: str, ids: list[str]) -> None:
    keys = parse_keys(text)
    assert [key.id for key in keys] == ids
    assert keys[0].material == MATERIAL
    assert KeyRing(keys).first is keys[0]


def test_either_alphabet_is_read() -> None:
    standard = URLSAFE.translate(str.maketrans("-_", "+/"))
    assert "-" in URLSAFE or "_" in URLSAFE
    assert parse_keys(f"k:{URLSAFE}")[0].material == parse_keys(f"k:{standard}")[0].material


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "one to 3"),
        (" ,\n, ", "one to 3"),
        (
            ",".join(f"k{at}:{base64.b64encode(bytes([at]) * 32).decode()}" for at in range(4)),
            "one",
        ),
        (KEY, "key 1 is not of the form"),
        (f":{KEY}", "key 1 is not of the form"),
        (f"k1:{OTHER},{KEY}", "key 2 is not of the form"),
        (f"a b:{KEY}", "key 1 is not of the form"),
        (f"-a:{KEY}", "key 1 is not of the form"),
        (f"{'k' * 33}:{KEY}", "key 1 is not of the form"),
        (f"ключ:{KEY}", "key 1 is not of the form"),
        (f"k1:{KEY[:-4]}!!!!", "key 1 is not base64"),
        (f"k1:{KEY[:20]} {KEY[20:]}", "key 1 is not base64"),
        (f"k1:{KEY[:-2]}é=", "key 1 is not base64"),
        (f"k1:{KEY}:{OTHER}", "key 1 is not base64"),
        ("k1:", "key 1 has 0 bytes; 32 are the least"),
        (f"k1:{SHORT}", "key 1 has 31 bytes; 32 are the least"),
        (f"k1:{KEY},k1:{OTHER}", "share an id"),
        (f"k1:{KEY},k2:{KEY}", "the same key"),
    ],
)
def test_each_fault_is_told_without_a_key(text: str, fault: str) -> None:
    with pytest.raises(BadKeys, match=fault) as refusal:
        parse_keys(text)
    said = str(refusal.value)
    for key in (KEY, OTHER, SHORT):
        assert key[:12] not in said
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_a_key_shows_its_id_alone() -> None:
    key = ServerKey("k1", MATERIAL)
    shown = repr(key) + str(key) + repr(KeyRing((key,)))
    assert "k1" in shown
    for secret in (repr(MATERIAL)[2:12], MATERIAL.hex()[:12], KEY[:12]):
        assert secret not in shown


LABELS = ["jwt", "refresh", "refresh mark", "cursors", "attempts", "fingerprint", "django", ""]


def test_every_label_has_a_key_of_its_own() -> None:
    first, second = ServerKey("k1", MATERIAL), ServerKey("k2", MATERIAL[::-1])
    derived = [key.derive(label) for key in (first, second) for label in LABELS]
    assert {len(key) for key in derived} == {32}
    assert len(set(derived) | {first.material, second.material}) == len(derived) + 2
    assert first.derive("jwt") == ServerKey("other-id", MATERIAL).derive("jwt")


def test_the_ring_knows_what_any_of_its_keys_has_made() -> None:
    first, second = ServerKey("k1", MATERIAL), ServerKey("k2", MATERIAL[::-1])
    ring = KeyRing((first, second))
    for key in (first, second):
        assert ring.matches("refresh", b"data", key.mac("refresh", b"data"))
        assert not ring.matches("refresh", b"date", key.mac("refresh", b"data"))
        assert not ring.matches("jwt", b"data", key.mac("refresh", b"data"))
    assert not KeyRing((first,)).matches("refresh", b"data", second.mac("refresh", b"data"))


def test_a_fingerprint_tells_keys_apart_and_nothing_of_them() -> None:
    key = ServerKey("k1", MATERIAL)
    prints = {key.fingerprint, ServerKey("k2", MATERIAL).fingerprint}
    prints.add(ServerKey("k1", MATERIAL[::-1]).fingerprint)
    assert len(prints) == 3
    assert key.fingerprint == ServerKey("k1", MATERIAL).fingerprint
    assert MATERIAL.hex()[:8] not in key.fingerprint
