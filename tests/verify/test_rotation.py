"""Server keys are rotated in two steps, and no token notices."""

from typing import Any

import pytest

from accounts.actor import Actor
from accounts.keys import ServerKey
from accounts.models import AuditEvent, Organization, ServiceAccount
from accounts.services.service_accounts import disable_service_account
from tests.verify.conftest import Gate
from tests.verify.keys import K1, K2, K3
from tokens.models import Token
from tokens.secret import TokenSecret
from tokens.services.issue import IssuedToken, issue_token
from tokens.verify.key_moves import write_moves


def kept(issued: IssuedToken) -> tuple[bytes, str]:
    """Return the digest and the key id that the token's row has after the next round."""
    write_moves()
    row = Token.objects.get(pk=issued.token.pk)
    return bytes(row.digest), row.key_id


def under(issued: IssuedToken, key: ServerKey) -> tuple[bytes, str]:
    """Return what they are under ``key``."""
    assert issued.secret is not None
    return issued.secret.digest(key), key.id


def test_two_steps_keep_every_token_good(
    gate: Gate, ci: IssuedToken, acme: Organization, deploy: ServiceAccount, settings: Any
) -> None:
    bearer = f"Bearer {ci.secret}"
    settings.WARDKEY_SECRET_KEYS = (K2, K1)
    assert kept(ci) == under(ci, K2)
    settings.WARDKEY_SECRET_KEYS = (K2, K3)
    assert gate(bearer).status_code == 200
    assert kept(ci) == under(ci, K2)
    settings.WARDKEY_SECRET_KEYS = (K3, K2)
    assert gate(bearer).status_code == 200
    assert kept(ci) == under(ci, K3)
    settings.WARDKEY_SECRET_KEYS = (K2, K3)  # a worker that has not restarted yet
    assert gate(bearer).status_code == 200
    settings.WARDKEY_SECRET_KEYS = (K3, K2)
    assert gate(bearer).status_code == 200
    settings.WARDKEY_SECRET_KEYS = (K3,)
    assert gate(bearer).status_code == 200
    new = issue_token(Actor.system(acme.id), deploy, name="new")
    assert kept(new) == under(new, K3)
    assert not AuditEvent.objects.filter(action="token.changed").exists()


def test_a_token_under_a_key_that_is_gone_is_unknown(
    gate: Gate, ci: IssuedToken, settings: Any
) -> None:
    settings.WARDKEY_SECRET_KEYS = (K3, K1)
    assert gate(f"Bearer {ci.secret}").status_code == 401
    assert kept(ci) == under(ci, K2)
    settings.WARDKEY_SECRET_KEYS = (K3, K1, K2)
    assert gate(f"Bearer {ci.secret}").status_code == 200


@pytest.mark.parametrize("keys", [(K2,), (K2, K1), (K2, K1, K3)], ids=len)
def test_however_many_keys_one_query_finds_a_token(
    keys: tuple[ServerKey, ...],
    gate: Gate,
    ci: IssuedToken,
    settings: Any,
    django_assert_num_queries: Any,
) -> None:
    settings.WARDKEY_SECRET_KEYS = keys
    for secret, status in ((ci.secret, 200), (TokenSecret.mint(), 401)):
        with django_assert_num_queries(1):
            assert gate(f"Bearer {secret}").status_code == status


def test_a_token_is_moved_once_and_apart_from_any_request(
    gate: Gate, ci: IssuedToken, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.WARDKEY_SECRET_KEYS = (K3, K1, K2)
    for _ in range(2):
        with django_assert_num_queries(1):
            gate(f"Bearer {ci.secret}")
    assert write_moves() == 1
    gate(f"Bearer {ci.secret}")
    assert write_moves() == 0


def test_a_token_that_is_not_good_stays_where_it_is(
    gate: Gate, ci: IssuedToken, acme: Organization, settings: Any
) -> None:
    disable_service_account(Actor.system(acme.id), ci.token.service_account)
    settings.WARDKEY_SECRET_KEYS = (K3, K2)
    assert gate(f"Bearer {ci.secret}").status_code == 401
    assert kept(ci) == under(ci, K2)


def test_use_over_rest_moves_a_token_too(ci: IssuedToken, rest: Any, settings: Any) -> None:
    settings.WARDKEY_SECRET_KEYS = (K3, K2)
    assert rest.acting_as(str(ci.secret)).get("/whoami").status_code == 200
    assert kept(ci) == under(ci, K3)
