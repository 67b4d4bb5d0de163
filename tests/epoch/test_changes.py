"""Whatever changes what a credential may do raises the epoch, by any way; nothing else does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from accounts.actor import Actor
from accounts.epoch import MOST_NAMED, ensure_epoch
from accounts.models import Organization, ServiceAccount
from accounts.services import organizations, service_accounts, suspension
from tests.epoch.entries import EVERYBODY, entries, epoch
from tokens.models import Token, TokenUsage, TokenUse
from tokens.services.change import change_token
from tokens.services.enable import enable_service_account
from tokens.services.issue import IssuedToken, issue_token
from tokens.services.revoke import revoke_token
from tokens.verify.clock import boot_seconds
from tokens.verify.usage import note_use, write_notes
from tokens.verify.verdict import Reason

SOON = timezone.now() + timedelta(hours=1)
TOKEN, ACCOUNT, ORGANIZATION = "token", "account", "organization"


def _system(token: Token) -> Actor:
    return Actor.system(token.organization_id)


def _by(service: Callable[..., object], thing: str, **values: Any) -> Callable[[Token], object]:
    """Have the service change a token, or its account or organization."""
    return lambda token: service(
        _system(token),
        {TOKEN: token, ACCOUNT: token.service_account, ORGANIZATION: token.organization}[thing],
        **values,
    )


def _sql(statement: str) -> Callable[[Token], object]:
    def run(token: Token) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return run


def _update(**values: Any) -> Callable[[Token], object]:
    return lambda token: Token.objects.filter(pk=token.pk).update(**values)


def _update_account(**values: Any) -> Callable[[Token], object]:
    return lambda token: ServiceAccount.objects.filter(pk=token.service_account_id).update(**values)


def _update_organization(**values: Any) -> Callable[[Token], object]:
    return lambda token: Organization.objects.filter(pk=token.organization_id).update(**values)


def _save_scopes(token: Token) -> None:
    token.scopes = []
    token.save()


def _bulk_update(token: Token) -> None:
    token.expires_at = SOON
    Token.objects.bulk_update([token], ["expires_at"])


def _delete(token: Token) -> None:
    Token.objects.filter(pk=token.pk).delete()


CHANGES: dict[str, tuple[Callable[[Token], object], str]] = {
    "revoked": (_by(revoke_token, TOKEN), TOKEN),
    "narrowed": (_by(change_token, TOKEN, scopes=[]), TOKEN),
    "following again": (_by(change_token, TOKEN, scopes=None), TOKEN),
    "ending": (_by(change_token, TOKEN, expires_at=SOON), TOKEN),
    "saved": (_save_scopes, TOKEN),
    "updated": (_update(scopes=["write:*"]), TOKEN),
    "updated in bulk": (_bulk_update, TOKEN),
    "ended by hand": (_sql("UPDATE tokens_token SET expires_at = created_at"), TOKEN),
    "a new digest": (_update(digest=bytes(32)), TOKEN),
    "deleted": (_delete, TOKEN),
    "deleted by hand": (_sql("DELETE FROM tokens_token"), TOKEN),
    "account disabled": (_by(service_accounts.disable_service_account, ACCOUNT), ACCOUNT),
    "account deleted": (_by(service_accounts.delete_service_account, ACCOUNT), ACCOUNT),
    "account narrowed": (
        _by(service_accounts.change_service_account, ACCOUNT, scopes=[]),
        ACCOUNT,
    ),
    "account updated": (_update_account(disabled_at=SOON), ACCOUNT),
    "account's slug": (_update_account(slug="other"), ACCOUNT),
    "account by hand": (_sql("UPDATE accounts_serviceaccount SET scopes = '[]'"), ACCOUNT),
    "suspended": (_by(suspension.suspend_organization, ORGANIZATION), EVERYBODY),
    "organization deleted": (_by(organizations.delete_organization, ORGANIZATION), EVERYBODY),
    "organization updated": (_update_organization(suspended_at=SOON), EVERYBODY),
}


@pytest.mark.parametrize(("change", "whom"), CHANGES.values(), ids=CHANGES)
def test_a_change_raises_the_epoch_and_names_whom_it_concerns(
    change: Callable[[Token], object], whom: str, ci: IssuedToken
) -> None:
    token = ci.token
    names = {TOKEN: bytes(token.digest), ACCOUNT: token.service_account_id, EVERYBODY: EVERYBODY}
    before = epoch()
    change(token)
    assert entries(before) == [names[whom]]


def _present(token: Token) -> None:
    TokenUsage.objects.create(token=token, last_used_at=timezone.now())
    note_use(token.id.int, Reason.GOOD, boot_seconds(), ("203.0.113.9", b"", b"curl/8", b""))
    assert write_notes() >= 1
    assert TokenUse.objects.filter(token=token).count() == 2


SILENT: dict[str, Callable[[Token], object]] = {
    "used": _present,
    "renamed": _by(change_token, TOKEN, name="Other"),
    "the same again": _update(scopes=F("scopes"), expires_at=F("expires_at")),
    "searched for": _update(search="x"),
    "account renamed": _by(
        service_accounts.change_service_account, ACCOUNT, name="Other", description="Text"
    ),
    "organization renamed": _update_organization(name="Other"),
    "another token": _by(issue_token, ACCOUNT, name="Another"),
}


@pytest.mark.parametrize("change", SILENT.values(), ids=SILENT)
def test_what_changes_no_right_leaves_the_epoch(
    change: Callable[[Token], object], ci: IssuedToken
) -> None:
    before = epoch()
    change(ci.token)
    assert entries(before) == []


def test_a_gain_is_told_like_a_loss(ci: IssuedToken) -> None:
    account = ci.token.service_account
    service_accounts.disable_service_account(_system(ci.token), account)
    before = epoch()
    enable_service_account(_system(ci.token), account)
    assert entries(before) == [account.pk]


def test_what_is_undone_was_never_told(ci: IssuedToken) -> None:
    before = epoch()
    with transaction.atomic():
        _update(scopes=[])(ci.token)
        assert len(entries(before)) == 1
        transaction.set_rollback(True)
    assert entries(before) == []


def test_many_in_one_statement_concern_everybody(
    ci: IssuedToken,
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite names row by row")
    ids = [f"('{number:032x}')" for number in range(MOST_NAMED)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(quote_ident(column_name), ',') FROM"
            " information_schema.columns WHERE table_name = 'tokens_token'"
            " AND column_name NOT IN ('id', 'slug', 'name', 'digest')")  # fmt: skip
        others = cursor.fetchone()[0]
        cursor.execute(
            f"INSERT INTO tokens_token (id, slug, name, digest, {others})"
            " SELECT x.id::uuid, x.id, x.id, x.id::bytea, "
            f"{others} FROM tokens_token, (VALUES {', '.join(ids)}) AS x(id)"
        )
    before = epoch()
    Token.objects.all().update(scopes=[])
    assert entries(before) == [EVERYBODY]


def test_a_truncated_table_concerns_everybody(ci: IssuedToken) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    before = epoch()
    _sql("SET CONSTRAINTS ALL IMMEDIATE")(ci.token)
    _sql("TRUNCATE tokens_token CASCADE")(ci.token)
    assert entries(before) == [EVERYBODY]


def test_no_right_changes_without_the_epochs_row(ci: IssuedToken) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_epoch")
    for change in (_update(scopes=[]), _update_account(scopes=[]), _delete):
        with pytest.raises(DatabaseError, match="accounts_epoch is gone"), transaction.atomic():
            change(ci.token)
    assert set(Token.objects.get().scopes or ()) == {"write:tokens", "write:releases"}
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "accounts_epoch is gone" in answer.content.decode()


def test_a_row_that_was_lost_is_made_beyond_all_entries(ci: IssuedToken) -> None:
    _update(scopes=[])(ci.token)
    before = epoch()
    _sql("DELETE FROM accounts_epoch")(ci.token)
    ensure_epoch(using="default")
    assert epoch() == before + 1
    assert entries(before) == [EVERYBODY]
    ensure_epoch(using="default")
    assert epoch() == before + 1
