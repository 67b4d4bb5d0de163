"""No secret stands anywhere; and whoever takes out a guard is told.

Every test of the suite is watched (``tests/leaks.py``). Here the watch itself is held to
seeing each way out, and everything that is stored is read back after a full day's work.
"""

import logging
from typing import Any

import pytest
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator

from accounts import events
from accounts.actor import Actor
from accounts.models import Membership, Organization, ServiceAccount
from accounts.request_errors import MalformedRequest
from accounts.web.adapters import MfaAdapter
from config.api import problems
from config.operations import logs
from tests.clients import RestClient
from tests.conftest import PASSWORD
from tests.leaks import Leaks, expected, leaks
from tests.organizations.rows import all_rows
from tests.second_factors.factors import enrol_app, enrol_recovery_codes
from tokens.secret import TokenSecret
from tokens.services.issue import IssuedToken


def as_it_is(value: Any) -> Any:
    """Stand in for a redaction that somebody took out."""
    return value


def days_work(rest: RestClient) -> list[str]:
    """Sign in, create, use, leak into wrong places, revoke; return the secrets handed out."""
    body = {"email": "owner@acme.test", "password": PASSWORD}
    signed_in = rest.acting_as(None).post("/auth/token", body).json()
    renewed = rest.acting_as(None).post("/auth/token/refresh", {"refresh": signed_in["refresh"]})
    address = "/service-accounts/deploy/tokens"
    made = rest.post(address, {"name": "Night", "slug": "night", "scopes": ["write:*"]}).json()
    secrets = [signed_in["access"], signed_in["refresh"], made["token"]]
    secrets += [renewed.json()["access"], renewed.json()["refresh"]]
    for secret in secrets:
        rest.acting_as(secret).get("/whoami")
        rest.acting_as(secret).get("/tokens/validate")
        rest.post(address, {"name": secret, "description": secret, secret: 1})
        rest.patch(f"{address}/night", {"description": f"it is {secret}"})
        rest.get(f"{address}/{secret}", documented=False)
        rest.get(f"{address}?cursor={secret}")
        rest.get("/whoami", headers={"X-Request-Id": secret[:128], "User-Agent": secret})
    rest.delete(f"{address}/night")
    rest.acting_as(made["token"]).get("/whoami")
    return secrets


def test_nothing_of_a_days_work_is_kept(rest: RestClient, deploy: ServiceAccount) -> None:
    secrets = days_work(rest)
    dump = repr(list(all_rows().values()))
    assert "Night" in dump
    for secret in [*secrets, PASSWORD]:
        assert secret not in dump
    leaks.look("a dump", dump)


def test_the_suite_knows_what_it_makes(rest: RestClient, deploy: ServiceAccount) -> None:
    before = len(leaks)
    secrets = days_work(rest)
    assert len(leaks) >= before + len(secrets) - 1
    for secret in [*secrets, PASSWORD]:
        with expected() as found:
            leaks.look("a place", f"x{secret}y")
        assert found, "each kind is found wherever it stands"
    with expected() as found:
        leaks.look("a place", secrets[2][-20:])
    assert found, "and so is its end alone"
    for place in ("a log line", "the database", "an exception", "an answer"):
        assert leaks.looked_through[place]


def test_a_secret_is_handed_out_once() -> None:
    own = Leaks()
    own.know("secret", str(secret := TokenSecret.mint()), fresh=True)
    own.look("an answer", str(secret), hands_out=True)
    assert not own.found
    own.look("an answer", str(secret), hands_out=True)
    assert own.found


def test_a_log_without_redaction_is_found(monkeypatch: pytest.MonkeyPatch, ci: IssuedToken) -> None:
    logger = logging.getLogger("wardkey.somewhere")
    with expected() as found:
        logger.error("it failed with %s", ci.secret)
        assert not found
        monkeypatch.setattr(logs, "redact", as_it_is)
        logger.error("it failed with %s", ci.secret)
    assert set(found) == {"a token's secret in a log line: of wardkey.somewhere"}


def test_an_answer_without_redaction_is_found(
    monkeypatch: pytest.MonkeyPatch, rest: RestClient, ci: IssuedToken
) -> None:
    address = f"/service-accounts/{ci.secret}x"
    with expected() as found:
        rest.get(address, documented=False)
        assert not found
        monkeypatch.setattr(problems, "redact_all", as_it_is)
        rest.get(address, documented=False)
    assert "a token's secret in an answer: GET 404" in found


def test_an_audit_line_without_redaction_is_found(
    monkeypatch: pytest.MonkeyPatch, acme: Organization, ci: IssuedToken
) -> None:
    changes = {"description": (None, f"use {ci.secret}")}
    with expected() as found:
        events.emit(Actor.system(acme.id), "service_account.updated", acme, changes)
        assert not found
        monkeypatch.setattr(events, "redact_all", as_it_is)
        events.emit(Actor.system(acme.id), "service_account.updated", acme, changes)
    assert found
    assert "the database" in found[0]


def test_a_refusal_that_tells_a_secret_is_found(ci: IssuedToken) -> None:
    with expected() as found:
        MalformedRequest(f"I cannot read {ci.secret}.")
    assert found == ["a token's secret in an exception: MalformedRequest"]


def test_what_second_factors_are_made_of_is_found_where_it_is_not_sealed(
    monkeypatch: pytest.MonkeyPatch, owner: Membership
) -> None:
    with expected() as found:
        enrol_app(owner.user)
        code = enrol_recovery_codes(owner.user)[0]
        leaks.look("a dump", repr(list(all_rows().values())))
        assert not found
        Authenticator.objects.all().delete()
        monkeypatch.setattr(MfaAdapter, "encrypt", DefaultMFAAdapter.encrypt)
        monkeypatch.setattr(MfaAdapter, "decrypt", DefaultMFAAdapter.decrypt)
        enrol_app(owner.user)
        enrol_recovery_codes(owner.user)
        leaks.look("a place", f"the code is {code}.")
    assert {told.partition(" in ")[0] for told in found} == {
        "a TOTP secret",
        "a seed of recovery codes",
        "a recovery code",
    }


def test_a_password_in_an_answer_is_found(owner: Membership) -> None:
    with expected() as found:
        leaks.look("an answer: made up", f'{{"sent": "{PASSWORD}"}}')
    assert found == ["a password in an answer: made up"]
