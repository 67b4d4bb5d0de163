"""What the database itself refuses, whoever writes to it."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import Membership, Organization, RefreshFamily, ServiceAccount, User
from tests.database.rows import account, revoked, token
from tokens.models import Token
from tokens.services.issue import IssuedToken


@contextmanager
def refused(word: str) -> Iterator[None]:
    """Demand that the database refuses the block, in words that hold ``word``."""
    with pytest.raises(DatabaseError, match=f"(?i){word}"), transaction.atomic():
        yield


ACCOUNT_NAMES = pytest.mark.parametrize(
    ("member", "value"), [("slug", "twice"), ("external_id", "crm-1")]
)


@ACCOUNT_NAMES
def test_an_accounts_names_are_unique_among_live_ones(
    acme: Organization, member: str, value: str
) -> None:
    account(acme, **{"slug": "one", member: value}).save(force_insert=True)
    with refused("unique"):
        account(acme, **{"slug": "two", member: value}).save(force_insert=True)
    assert ServiceAccount.objects.filter(**{member: value}).count() == 1


@ACCOUNT_NAMES
def test_a_deleted_account_frees_its_names(acme: Organization, member: str, value: str) -> None:
    gone: dict[str, Any] = {"deleted_at": timezone.now()}
    account(acme, **{"slug": "one", member: value, **gone}).save(force_insert=True)
    account(acme, **{"slug": "two", member: value, **gone}).save(force_insert=True)
    account(acme, **{"slug": "three", member: value}).save(force_insert=True)
    assert ServiceAccount.objects.filter(**{member: value}).count() == 3


@ACCOUNT_NAMES
def test_another_organization_may_have_the_same_names(
    acme: Organization, outsider: Membership, member: str, value: str
) -> None:
    account(acme, **{"slug": "one", member: value}).save(force_insert=True)
    there = outsider.organization
    account(there, **{"slug": "one", member: value}).save(force_insert=True)
    assert ServiceAccount.objects.filter(**{member: value}).count() == 2


def test_a_tokens_slug_is_its_own_for_ever(deploy: ServiceAccount) -> None:
    token(deploy, "ci", name="one", **revoked()).save(force_insert=True)
    with refused("unique"):
        token(deploy, "ci", name="two").save(force_insert=True)
    assert Token.objects.get(slug="ci").name == "one"


def test_a_tokens_name_is_its_own_until_it_is_revoked(deploy: ServiceAccount) -> None:
    token(deploy, "one", name="ci", **revoked()).save(force_insert=True)
    token(deploy, "two", name="ci").save(force_insert=True)
    with refused("unique"):
        token(deploy, "three", name="ci").save(force_insert=True)
    assert Token.objects.get(name="ci", revoked_at=None).slug == "two"


def test_two_accounts_may_have_tokens_of_one_name(
    acme: Organization, deploy: ServiceAccount
) -> None:
    other = account(acme, "other")
    other.save(force_insert=True)
    token(deploy, "ci").save(force_insert=True)
    token(other, "ci").save(force_insert=True)
    assert Token.objects.filter(slug="ci").count() == 2


def test_no_two_tokens_have_one_digest(acme: Organization, deploy: ServiceAccount) -> None:
    other = account(acme, "other")
    other.save(force_insert=True)
    token(deploy, "one", digest=b"d" * 32).save(force_insert=True)
    with refused("unique"):
        token(other, "two", digest=b"d" * 32).save(force_insert=True)
    assert Token.objects.get(digest=b"d" * 32).slug == "one"


@pytest.mark.parametrize("left_out", ["revoked_at", "revoked_by_id", "revoked_by_name"])
def test_a_token_is_revoked_by_somebody_at_a_time(deploy: ServiceAccount, left_out: str) -> None:
    with refused("token_revoked_by_somebody"):
        token(deploy, "ci", **{**revoked(), left_out: None}).save(force_insert=True)
    assert not Token.objects.exists()


def test_a_token_stays_in_the_organization_of_its_account(
    deploy: ServiceAccount, ci: IssuedToken, outsider: Membership
) -> None:
    with refused("organization of its service account"):
        elsewhere = outsider.organization_id
        token(deploy, "x", organization_id=elsewhere).save(force_insert=True)
    with refused("organization of its service account"):
        Token.objects.filter(pk=ci.token.pk).update(organization=outsider.organization)
    theirs = account(outsider.organization, "theirs")
    theirs.save(force_insert=True)
    with refused("organization of its service account"):
        Token.objects.filter(pk=ci.token.pk).update(service_account=theirs)
    assert Token.objects.get().service_account == deploy


@pytest.mark.parametrize("role", ["", "Owner", "superuser"])
def test_a_role_is_one_of_ours(owner: Membership, role: str) -> None:
    with refused("membership_role_known"):
        Membership.objects.filter(pk=owner.pk).update(role=role)
    assert Membership.objects.get(pk=owner.pk).role == "owner"


def test_a_person_is_a_member_once(owner: Membership) -> None:
    with refused("unique"):
        Membership(user=owner.user, organization=owner.organization, role="viewer").save()
    assert Membership.objects.get(user=owner.user).role == "owner"


def test_an_organizations_slug_is_unique_until_it_is_deleted(acme: Organization) -> None:
    with refused("unique"):
        Organization(slug="acme", name="Other").save(force_insert=True)
    Organization.objects.filter(pk=acme.pk).update(deleted_at=timezone.now())
    Organization(slug="acme", name="Other").save(force_insert=True)
    assert Organization.objects.filter(slug="acme").count() == 2


@pytest.mark.django_db
def test_an_e_mail_address_is_unique_whatever_its_case() -> None:
    User(email="someone@example.test").save(force_insert=True)
    with refused("unique"):
        User(email="SomeOne@Example.test").save(force_insert=True)
    User(email=None).save(force_insert=True)
    User(email=None).save(force_insert=True)


BAD_SCOPES = [
    {},
    {"read": "tokens"},
    "read:tokens",
    7,
    True,
    ["Read:tokens"],
    ["read:tokens;"],
    ["read tokens-x"],
    ["READ:*"],
    ["read:to'kens"],
    [{"read": "Tokens"}],
]
BAD_WORDS = [
    ["tokens"],
    ["admin:tokens"],
    ["read:"],
    ["read:tokens", 7],
    [None],
    [["read:tokens"]],
    ["read:a:b", "c"],
    ["read:tokens,write:tokens"],
    ["read:*tokens"],
    ["read:to*"],
    ["read: tokens"],
    ["read:9"],
    ["xread:tokens"],
]
"""What has the characters of scopes, but not their form."""


@pytest.mark.parametrize("scopes", BAD_SCOPES + BAD_WORDS, ids=json.dumps)
def test_stored_scopes_have_the_form_of_scopes(
    deploy: ServiceAccount, ci: IssuedToken, scopes: Any
) -> None:
    with refused("service_account_scopes_shape"):
        ServiceAccount.objects.filter(pk=deploy.pk).update(scopes=scopes)
    with refused("token_scopes_shape"):
        Token.objects.filter(pk=ci.token.pk).update(scopes=scopes)


def test_an_account_has_scopes_if_only_none(deploy: ServiceAccount) -> None:
    with refused("null|service_account_scopes_shape"):
        ServiceAccount.objects.filter(pk=deploy.pk).update(scopes=None)


@pytest.mark.parametrize("scopes", [[], ["write:*"], ["read:releases", "delete:feature_flags"]])
def test_good_scopes_are_stored(deploy: ServiceAccount, scopes: list[str]) -> None:
    ServiceAccount.objects.filter(pk=deploy.pk).update(scopes=scopes)
    deploy.refresh_from_db()
    assert deploy.scopes == scopes


def test_ended_tokens_keep_the_scopes_that_they_followed(deploy: ServiceAccount) -> None:
    hour = timedelta(hours=1)
    past, future = timezone.now() - hour, timezone.now() + hour
    kinds: dict[str, dict[str, Any]] = {
        "live": {},
        "later": {"expires_at": future},
        "revoked": revoked(),
        "expired": {"expires_at": past},
        "named": {**revoked(), "scopes": ["read:users"]},
    }
    for slug, facts in kinds.items():
        token(deploy, slug, **facts).save(force_insert=True)
    for scopes in (["read:users"], ["write:*"]):
        with connection.cursor() as cursor:
            sql = "UPDATE accounts_serviceaccount SET scopes = %s"
            cursor.execute(sql, [json.dumps(scopes)])
    kept = dict(Token.objects.values_list("slug", "ended_scopes"))
    first = ["read:releases"]
    assert kept == {
        "live": None,
        "later": None,
        "revoked": first,
        "expired": first,
        "named": None,
    }


def test_an_unchanged_account_leaves_its_tokens_alone(deploy: ServiceAccount) -> None:
    token(deploy, "revoked", **revoked()).save(force_insert=True)
    ServiceAccount.objects.filter(pk=deploy.pk).update(scopes=deploy.scopes, name="Other")
    assert Token.objects.get(slug="revoked").ended_scopes is None


def test_rows_that_others_hang_on_are_not_removed(owner: Membership, ci: IssuedToken) -> None:
    with refused("foreign key"):
        raw_delete("accounts_serviceaccount", ci.token.service_account_id)
    with refused("foreign key"):
        raw_delete("accounts_organization", owner.organization_id)
    with refused("foreign key"):
        raw_delete("accounts_user", owner.user_id)


def test_a_refresh_family_needs_its_membership(owner: Membership) -> None:
    with refused("foreign key"):
        RefreshFamily(membership_id=10**9, digest=b"d" * 32, expires_at=timezone.now()).save()
        connection.check_constraints()


def raw_delete(table: str, row: uuid.UUID) -> None:
    """Delete a row by plain SQL, and have deferred constraints checked at once."""
    with connection.cursor() as cursor:
        text = row.hex if connection.vendor == "sqlite" else str(row)
        cursor.execute(f"DELETE FROM {table} WHERE id = %s", [text])
        assert cursor.rowcount == 1
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    connection.check_constraints()
