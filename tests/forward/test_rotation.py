"""Keys change, and who keeps the key set for less than an hour meets none that they do not know."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.keys import ServerKey
from accounts.management.refusals import Refused
from config.operations.keys import forward_key_faults
from tests.clients import present
from tests.forward.conftest import identity, key_set, read
from tests.verify.keys import K1, K2, K3
from tokens.models import ForwardKey
from tokens.services.forward_keys import PAUSE, ready_keys, replace_forward_keys, rotate_forward_key
from tokens.services.held_keys import HELD
from tokens.services.issue import IssuedToken
from tokens.signing_keys import SigningKey

pytestmark = pytest.mark.usefixtures("signing")

PLACES = ("next", "current", "previous")


def wait(*, seconds: float = PAUSE.total_seconds()) -> None:
    """Have it be so many seconds later."""
    for row in ForwardKey.objects.all():
        made = row.created_at - timedelta(seconds=seconds)
        ForwardKey.objects.filter(pk=row.pk).update(created_at=made)


def kids() -> dict[str, str]:
    """Return the id of each key by its place."""
    return dict(ForwardKey.objects.values_list("place", "kid"))


def rotate(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, str]:
    """Rotate as the operator does; return what is printed."""
    call_command("rotate_forward_key", *options)
    return dict(line.split(": ") for line in capsys.readouterr().out.splitlines())


def test_what_was_signed_before_or_after_verifies_by_the_key_set_of_before_and_after(
    ci: IssuedToken, capsys: pytest.CaptureFixture[str]
) -> None:
    texts, sets = [identity(ci.secret)], [key_set()]
    for _ in range(4):
        wait()
        rotate(capsys)
        HELD.forget()
        texts.append(identity(ci.secret))
        sets.append(key_set())
    for at, text in enumerate(texts):
        for seen in range(max(0, at - 1), min(len(sets), at + 2)):
            assert read(text, sets[seen])["token_id"] == str(ci.token.id), (at, seen)
        for unknown in (at - 2, at + 2):
            if 0 <= unknown < len(sets):
                with pytest.raises(KeyError):
                    read(text, sets[unknown])


def test_each_key_moves_by_one_place_and_the_command_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ready_keys()
    before = kids()
    wait()
    printed = rotate(capsys)
    assert tuple(printed) == PLACES
    assert printed == kids()
    assert (printed["current"], printed["previous"]) == (before["next"], before["current"])
    assert printed["next"] not in before.values()


def test_the_log_tells_of_it(
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    ready_keys()
    wait()
    with (
        caplog.at_level(logging.INFO, logger="wardkey.forward"),
        django_capture_on_commit_callbacks(execute=True),
    ):
        rotate(capsys)
    [record] = [record for record in caplog.records if record.name == "wardkey.forward"]
    assert record.getMessage() == "forward keys rotated"
    assert {place: getattr(record, place) for place in PLACES} == kids()


def test_too_soon_is_refused_with_the_time_and_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = rotate(capsys)
    assert first == kids(), "the first rotation makes the keys"
    wait(seconds=PAUSE.total_seconds() - 60)
    with pytest.raises(Refused, match=r"rotate at 20\S+Z or later\. If a key was stolen, add"):
        rotate(capsys)
    assert kids() == first
    wait(seconds=61)
    assert rotate(capsys)["current"] == first["next"]
    with pytest.raises(Refused):
        rotate(capsys)


def test_a_stolen_key_is_replaced_at_once(
    ci: IssuedToken, capsys: pytest.CaptureFixture[str]
) -> None:
    old, before = identity(ci.secret), kids()
    rotate(capsys, "--replace-all")
    assert not set(before.values()) & set(kids().values())
    told = key_set()
    with pytest.raises(KeyError):
        read(old, told)
    assert read(identity(ci.secret), told)


def said(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """Rotate; return what is said beside how the keys stand."""
    call_command("rotate_forward_key", *options)
    return capsys.readouterr().err


def test_the_command_says_what_it_did_not_do_and_what_is_left_to_do(
    capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    assert said(capsys) == "The keys were made; there was nothing to rotate yet.\n"
    wait()
    assert said(capsys) == ""
    assert "Wait that long, then restart the services." in said(capsys, "--replace-all")
    wait()
    settings.WARDKEY_FORWARD_JWT = False
    assert said(capsys) == "WARDKEY_FORWARD_JWT is off, so nobody signs with them.\n"


def test_a_worker_follows_without_a_restart_and_not_at_every_answer(
    ci: IssuedToken, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    clock = {"now": 1000.0}
    monkeypatch.setattr("tokens.services.held_keys.boot_seconds", lambda: clock["now"])
    told = key_set()
    wait()
    rotate_forward_key()
    clock["now"] += 7
    with django_assert_num_queries(1):
        assert read(identity(ci.secret), told)
    clock["now"] += 2
    text = identity(ci.secret)
    assert ForwardKey.objects.get(place="current").kid in str(key_set())
    assert read(text, told), "it was the next one before"
    with pytest.raises(KeyError):
        read(text, {"keys": told["keys"][1:]})


def sealed_under() -> set[str]:
    """Return the ids of the server keys that the keys are sealed under."""
    return set(ForwardKey.objects.values_list("key_id", flat=True))


def start_with(settings: Any, *keys: ServerKey) -> list[str]:
    """Return what a start with these server keys finds at fault."""
    settings.WARDKEY_SECRET_KEYS = keys
    return forward_key_faults()


def test_server_keys_are_rotated_and_no_forward_key_changes(ci: IssuedToken, settings: Any) -> None:
    told, before = key_set(), kids()
    for ring in ((K2, K1), (K2, K3), (K3, K2), (K3,), (K3, K1)):
        assert start_with(settings, *ring) == []
        assert sealed_under() == {ring[0].id}
        assert key_set() == told
    assert kids() == before


def test_a_lost_server_key_is_named_with_the_fix_and_nothing_is_changed(
    ci: IssuedToken, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    key_set()
    rows = list(ForwardKey.objects.order_by("pk").values())
    [fault] = start_with(settings, K3)
    assert fault.startswith("server key 'k2' is not loaded, and 3 forward keys hang on it")
    assert "rotate_forward_key --replace-all" in fault
    HELD.forget()
    settings.WARDKEY_SECRET_KEYS = (K3,)
    wait()
    with pytest.raises(Refused, match=r"'k2' is not loaded.*--replace-all"):
        rotate(capsys)
    wait(seconds=-PAUSE.total_seconds())
    assert list(ForwardKey.objects.order_by("pk").values()) == rows
    rotate(capsys, "--replace-all")
    assert start_with(settings, K3) == []
    key_set()


def test_a_key_that_was_changed_is_not_called_a_lost_server_key(
    ci: IssuedToken, capsys: pytest.CaptureFixture[str]
) -> None:
    key_set()
    kid = kids()["current"]
    ForwardKey.objects.filter(place="current").update(sealed="AAAA")
    why = f"forward key {kid} does not open under 'k2': it was changed"
    [fault] = forward_key_faults()
    assert fault == f"{why}; run: manage.py rotate_forward_key --replace-all"
    wait()
    with pytest.raises(Refused, match=why):
        rotate(capsys)
    rotate(capsys, "--replace-all")
    assert forward_key_faults() == []


def test_a_lost_server_key_keeps_nobody_from_starting_who_signs_nothing(settings: Any) -> None:
    key_set()
    settings.WARDKEY_FORWARD_JWT = False
    assert start_with(settings, K3) == []


def test_no_private_half_lies_in_the_database_in_the_clear() -> None:
    keys = ready_keys()
    numbers = [getattr(keys, place).private.private_numbers().private_value for place in PLACES]
    stored = repr(list(ForwardKey.objects.values()))
    for number in numbers:
        assert str(number) not in stored
        assert format(number, "x") not in stored
    assert "PRIVATE" not in stored
    assert not [key for key in numbers if str(key) in repr(keys)]


def test_who_can_write_rows_alone_cannot_add_a_key_of_their_own(ci: IssuedToken) -> None:
    key_set()
    forged = SigningKey.make()
    sealed = ForwardKey.objects.get(place="next").sealed
    for content in (forged.content.hex(), sealed[:-4] + "AAAA", ""):
        ForwardKey.objects.filter(place="current").update(sealed=content)
        HELD.forget()
        assert present(ci.secret).status_code == 503


def test_the_database_has_one_key_for_a_place_and_no_other_places() -> None:
    ready_keys()
    for change in ({"place": "next"}, {"place": "other"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ForwardKey.objects.filter(place="current").update(**change)


def test_a_key_that_is_gone_is_made_anew() -> None:
    before = replace_forward_keys()
    ForwardKey.objects.filter(place="previous").delete()
    after = ready_keys()
    assert (after.next.kid, after.current.kid) == (before.next.kid, before.current.kid)
    assert after.previous.kid != before.previous.kid
