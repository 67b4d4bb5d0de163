"""Guessing passwords is slow: limits for each account and each address."""

from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Attempt, AuditEvent, Membership
from accounts.services.throttle import SIGN_IN_BY_ACCOUNT, SIGN_IN_BY_ADDRESS
from tests.clients import Answer, RestClient
from tests.conftest import PASSWORD

BY_ACCOUNT, BY_ADDRESS = SIGN_IN_BY_ACCOUNT.tries, SIGN_IN_BY_ADDRESS.tries


def guess(email: str = "owner@acme.test", password: str = "wrong", forwarded: str = "") -> Answer:
    """Try to sign in; ``forwarded`` is what the request says of where it comes from."""
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    body = {"email": email, "password": password}
    return RestClient().post("/auth/token", body, headers=headers)


@pytest.mark.parametrize("email", ["owner@acme.test", "nobody@acme.test"])
def test_an_account_has_so_many_tries_whether_it_exists_or_not(
    email: str, owner: Membership
) -> None:
    assert [guess(email).status_code for _ in range(BY_ACCOUNT)] == [401] * BY_ACCOUNT
    answer = guess(email, PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (429, "Request.Throttled")
    longest = SIGN_IN_BY_ACCOUNT.window.total_seconds()
    assert 0 < int(answer.headers["Retry-After"]) <= longest


def test_another_spelling_is_no_other_account(owner: Membership) -> None:
    for _ in range(BY_ACCOUNT):
        guess("OWNER@acme.TEST ")
    assert guess("owner@acme.test").status_code == 429


def test_another_account_is_heard(owner: Membership, admin: Membership) -> None:
    for _ in range(BY_ACCOUNT):
        guess()
    assert guess().status_code == 429
    assert guess("adam@acme.test", PASSWORD).status_code == 200


def test_the_right_password_resets_the_account(owner: Membership) -> None:
    for _ in range(2):
        assert {guess().status_code for _ in range(BY_ACCOUNT - 1)} == {401}
        assert guess(password=PASSWORD).status_code == 200


def test_the_tries_of_a_window_end_with_it(owner: Membership) -> None:
    for _ in range(BY_ACCOUNT + 1):
        last = guess()
    assert last.status_code == 429
    Attempt.objects.update(window_ends_at=timezone.now() - timedelta(seconds=1))
    assert guess(password=PASSWORD).status_code == 200


def test_being_refused_does_not_lengthen_the_wait(owner: Membership) -> None:
    for _ in range(BY_ACCOUNT):
        guess()
    soon = timezone.now() + timedelta(seconds=60)
    Attempt.objects.update(window_ends_at=soon)
    assert 1 <= int(guess().headers["Retry-After"]) <= 60
    assert 1 <= int(guess().headers["Retry-After"]) <= 60


def test_an_address_has_so_many_tries_over_all_accounts(owner: Membership) -> None:
    statuses = [guess(f"p{at}@acme.test").status_code for at in range(BY_ADDRESS)]
    assert statuses == [401] * BY_ADDRESS
    answer = guess(password=PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (429, "Request.Throttled")


def test_right_passwords_do_not_use_an_address_up(owner: Membership) -> None:
    statuses = {guess(password=PASSWORD).status_code for _ in range(BY_ADDRESS + 5)}
    assert statuses == {200}


def test_a_forwarded_address_is_not_believed_from_anyone(owner: Membership) -> None:
    for at in range(BY_ADDRESS):
        guess(f"p{at}@acme.test", forwarded=f"203.0.113.{at}")
    assert guess(password=PASSWORD, forwarded="198.51.100.7").status_code == 429


def test_a_trusted_proxy_tells_whose_tries_they_are(owner: Membership, settings: Any) -> None:
    settings.WARDKEY_TRUSTED_PROXIES = [ip_network("127.0.0.0/8")]
    for at in range(BY_ADDRESS):
        guess(f"p{at}@acme.test", forwarded="203.0.113.9")
    assert guess(password=PASSWORD, forwarded="203.0.113.9").status_code == 429
    assert guess(password=PASSWORD, forwarded="203.0.113.10").status_code == 200
    assert AuditEvent.objects.get(action="session.started").address == "203.0.113.10"


@pytest.mark.parametrize("spoofed", ["198.51.100.{at}, {{own}}", "127.0.0.1, 10.0.0.{at}, {{own}}"])
def test_what_stands_before_the_proxys_own_entry_is_not_believed(
    spoofed: str, owner: Membership, settings: Any
) -> None:
    settings.WARDKEY_TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    for at in range(BY_ADDRESS):
        forwarded = spoofed.format(at=at).replace("{own}", "203.0.113.9")
        guess(f"p{at}@acme.test", forwarded=forwarded)
    assert guess(password=PASSWORD, forwarded="203.0.113.9").status_code == 429
    assert guess(password=PASSWORD, forwarded="203.0.113.10").status_code == 200


@pytest.mark.parametrize("odd", ["unknown", "203.0.113.9:1234", "'; drop table", "::ffff:1.2.3.4"])
def test_an_odd_forwarded_address_harms_nothing(odd: str, owner: Membership, settings: Any) -> None:
    settings.WARDKEY_TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    assert guess(password=PASSWORD, forwarded=odd).status_code == 200


def test_the_table_of_tries_names_nobody(owner: Membership) -> None:
    guess()
    rows = repr(list(Attempt.objects.values()))
    assert len(Attempt.objects.values()) == 2
    assert "owner" not in rows
    assert "127.0.0.1" not in rows


@pytest.mark.parametrize(
    ("spent", "same", "other"),
    [
        ("2001:db8:1:2::{at:x}", "2001:db8:1:2:ffff::1", "2001:db8:1:3::1"),
        ("::ffff:203.0.113.9", "203.0.113.9", "::ffff:203.0.113.10"),
    ],
    ids=["one-64", "ipv4-mapped"],
)
def test_an_ipv6_address_counts_with_all_that_its_owner_has(
    spent: str, same: str, other: str, owner: Membership, settings: Any
) -> None:
    settings.WARDKEY_TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    for at in range(BY_ADDRESS):
        assert guess(f"p{at}@acme.test", forwarded=spent.format(at=at)).status_code == 401
    assert guess(password=PASSWORD, forwarded=same).status_code == 429
    assert guess(password=PASSWORD, forwarded=other).status_code == 200


@pytest.mark.parametrize("email", ["owner@acme.test", "nobody@acme.test"])
@pytest.mark.parametrize("password", ["wrong", PASSWORD])
def test_who_has_had_all_tries_is_refused_without_hashing_anything(
    email: str, password: str, owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[object] = []

    def hashing(hasher: object, *_: object) -> str:
        hashed.append(hasher)
        return "md5$salt$digest"

    for _ in range(BY_ACCOUNT):
        guess(email)
    monkeypatch.setattr(MD5PasswordHasher, "encode", hashing)
    answer = guess(email, password)
    assert (answer.status_code, hashed) == (429, [])
    Attempt.objects.all().delete()
    assert guess(email).status_code == 401
    assert hashed


def test_a_bad_refresh_token_or_credential_writes_nothing(owner: Membership) -> None:
    with CaptureQueriesContext(connection) as sent:
        for secret in ("wdr_" + "0" * 32 + "A" * 43, "x"):
            body = {"refresh": secret}
            assert RestClient().post("/auth/token/refresh", body).status_code == 401
            assert RestClient("/api", secret).get("/whoami").status_code == 401
            assert RestClient("/api", "wdk_" + "0" * 38).get("/whoami").status_code == 401
    writes = ("INSERT", "UPDATE", "DELETE")
    assert [q["sql"] for q in sent.captured_queries if q["sql"].startswith(writes)] == []
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{}", b"x" * 70_000, b'{"email": "a@acme.test", "password": "x", "odd": 1}'],
    ids=["none", "unreadable", "empty", "huge", "odd"],
)
def test_an_address_without_tries_is_refused_whatever_its_body(
    body: bytes, owner: Membership
) -> None:
    assert RestClient().post("/auth/token", body).status_code in {400, 413, 415, 422}
    for at in range(BY_ADDRESS):
        guess(f"p{at}@acme.test")
    counted = sorted(Attempt.objects.values_list("subject", "tries"))
    answer = RestClient().post("/auth/token", body)
    assert (answer.status_code, answer.json()["code"]) == (429, "Request.Throttled")
    assert 1 <= int(answer.headers["Retry-After"]) <= SIGN_IN_BY_ADDRESS.window.total_seconds()
    assert sorted(Attempt.objects.values_list("subject", "tries")) == counted, "only looked at"


def test_looking_at_an_addresss_tries_uses_none_of_them(owner: Membership) -> None:
    for _ in range(BY_ADDRESS + 5):
        assert RestClient().post("/auth/token", {}).status_code == 422
    assert not Attempt.objects.exists()
    assert guess(password=PASSWORD).status_code == 200


def test_an_address_is_heard_again_when_its_window_is_over(owner: Membership) -> None:
    for at in range(BY_ADDRESS):
        guess(f"p{at}@acme.test")
    assert RestClient().post("/auth/token", {}).status_code == 429
    Attempt.objects.update(window_ends_at=timezone.now())
    assert RestClient().post("/auth/token", {}).status_code == 422


def test_an_address_without_tries_may_refresh_and_sign_out(owner: Membership) -> None:
    signed_in = guess(password=PASSWORD).json()
    for at in range(BY_ADDRESS):
        guess(f"p{at}@acme.test")
    renewed = RestClient().post("/auth/token/refresh", {"refresh": signed_in["refresh"]})
    assert renewed.status_code == 200
    ended = {"refresh": renewed.json()["refresh"]}
    assert RestClient().post("/auth/token/revoke", ended).status_code == 204
