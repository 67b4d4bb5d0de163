"""The admin's first page: what needs eyes, and nothing else."""

from datetime import datetime, timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import Organization, ServiceAccount
from accounts.services.organizations import delete_organization
from accounts.services.service_accounts import create_service_account, disable_service_account
from config.admin import site
from tests.clients import RestClient
from tests.console.pages import words_on
from tokens.models import Token, TokenUsage
from tokens.services.issue import IssuedToken, issue_token
from tokens.services.revoke import revoke_token
from tokens.verify.usage import write_notes

ENDING = "Tokens that expire this week"
TRIED = "Revoked tokens that are still tried"
UNUSED = "Service accounts unused for 90 days"
DAY = timedelta(days=1)


def part_of(browser: Client, title: str) -> str:
    """Return the words of a part of the page; none where it says that there is nothing."""
    told = words_on(browser.get("/admin/"))
    if "Nothing needs eyes" in told or f"{title}: none." in told:
        return ""
    after = told.partition(title)[2]
    return min((after.partition(other)[0] for other in (ENDING, TRIED, UNUSED)), key=len)


def token_that_ends(account: ServiceAccount, name: str, at: datetime) -> Token:
    """Return a new token of ``account`` with this end, which may be past."""
    actor = Actor.system(account.organization_id)
    token = issue_token(actor, account, name=name).token
    Token.objects.filter(pk=token.pk).update(expires_at=at)
    return token


def made_long_ago(account: ServiceAccount) -> None:
    """Make an account old enough to be unused."""
    at = timezone.now() - 91 * DAY
    ServiceAccount.objects.filter(pk=account.pk).update(created_at=at)


def used(token: Token, at: datetime | None, refused_at: datetime | None = None) -> None:
    """Note when a token was last good, and last refused."""
    told = {"last_used_at": at, "last_refused_at": refused_at}
    TokenUsage.objects.update_or_create(token=token, defaults=told)


def test_a_quiet_installation_says_so(auditor: Client, ci: IssuedToken) -> None:
    told = words_on(auditor.get("/admin/"))
    assert "Nothing needs eyes" in told
    assert ENDING not in told


def test_it_leads_to_every_list(auditor: Client) -> None:
    page = auditor.get("/admin/").content.decode()
    for record in site.records:
        assert f'href="{record.address}"' in page


def test_every_role_sees_it(
    auditor: Client, support: Client, lead: Client, deploy: ServiceAccount
) -> None:
    token_that_ends(deploy, "soon", timezone.now() + DAY)
    for browser in (auditor, support, lead):
        assert "soon" in part_of(browser, ENDING)
        assert f"{UNUSED}: none." in words_on(browser.get("/admin/"))


def test_tokens_that_expire_this_week_are_told_soonest_first(
    support: Client, deploy: ServiceAccount
) -> None:
    now = timezone.now()
    used(token_that_ends(deploy, "on friday", now + 4 * DAY), now - 2 * DAY)
    token_that_ends(deploy, "tomorrow", now + DAY)
    token_that_ends(deploy, "next month", now + 30 * DAY)
    token_that_ends(deploy, "yesterday", now - DAY)
    revoke_token(Actor.system(deploy.organization_id), token_that_ends(deploy, "gone", now + DAY))
    told = part_of(support, ENDING)
    assert told.index("tomorrow") < told.index("on friday")
    assert "acme Deploy 2 days ago in 4 days" in told
    for other in ("next month", "yesterday", "gone"):
        assert other not in told
    page = support.get("/admin/").content.decode()
    assert "/admin/tokens/token/?expiring=7" in page


def test_what_does_not_work_anyway_needs_no_eyes(
    support: Client, acme: Organization, deploy: ServiceAccount
) -> None:
    token_that_ends(deploy, "soon", timezone.now() + DAY)
    made_long_ago(deploy)
    assert part_of(support, ENDING)
    assert part_of(support, UNUSED)
    disable_service_account(Actor.system(acme.id), deploy)
    assert not part_of(support, ENDING)
    assert not part_of(support, UNUSED)
    ServiceAccount.objects.update(disabled_at=None)
    delete_organization(Actor.system(acme.id), acme)
    assert not part_of(support, ENDING)
    assert not part_of(support, UNUSED)


def test_only_ten_are_shown_with_the_way_to_all(support: Client, deploy: ServiceAccount) -> None:
    now = timezone.now()
    for at in range(12):
        token_that_ends(deploy, f"number-{at:02}", now + DAY + at * timedelta(hours=1))
    told = part_of(support, ENDING)
    assert "number-09" in told
    assert "number-10" not in told
    assert "Show all" in told


def test_accounts_that_nobody_uses_are_told(
    support: Client, acme: Organization, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    assert not part_of(support, UNUSED), "it is too young"
    made_long_ago(deploy)
    assert "Deploy acme 1 — " in part_of(support, UNUSED)
    used(ci.token, timezone.now() - 91 * DAY)
    assert "Deploy acme 1 3 months ago" in part_of(support, UNUSED)
    used(ci.token, timezone.now() - 89 * DAY)
    assert not part_of(support, UNUSED)
    idle = create_service_account(Actor.system(acme.id), name="Idle", slug="idle", scopes=[])
    made_long_ago(idle)
    told = part_of(support, UNUSED)
    assert "Idle acme 0" in told
    assert "Deploy" not in told
    assert "serviceaccount/?unused=90" in support.get("/admin/").content.decode()


def test_a_use_of_a_token_that_is_revoked_by_now_counts(
    support: Client, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    made_long_ago(deploy)
    used(ci.token, timezone.now() - DAY)
    revoke_token(Actor.system(deploy.organization_id), ci.token)
    assert not part_of(support, UNUSED)


def test_revoked_tokens_that_are_still_tried_are_told_latest_first(
    support: Client, acme: Organization, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    now, system = timezone.now(), Actor.system(acme.id)
    used(ci.token, None, now)
    assert not part_of(support, TRIED), "it was refused, but is not revoked"
    other = issue_token(system, deploy, name="other").token
    for token in (ci.token, other):
        revoke_token(system, token)
    Token.objects.update(revoked_at=now - 5 * DAY)
    used(other, None, now - DAY)
    told = part_of(support, TRIED)
    assert told.index("ci") < told.index("other")
    assert "5 days ago 1 day ago" in told
    used(other, None, now - 6 * DAY)
    assert "other" not in part_of(support, TRIED), "only before it was revoked"
    Token.objects.update(revoked_at=now - 9 * DAY)
    assert "other" in part_of(support, TRIED)
    used(other, None, now - 8 * DAY)
    assert "other" not in part_of(support, TRIED), "not for a week"


def test_a_try_at_the_api_is_told(
    support: Client, rest: RestClient, acme: Organization, ci: IssuedToken
) -> None:
    revoke_token(Actor.system(acme.id), ci.token)
    assert rest.acting_as(str(ci.secret)).get("/whoami").status_code == 401
    write_notes()
    assert "ci" in part_of(support, TRIED)


def test_many_rows_ask_for_no_more_queries(support: Client, acme: Organization) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert support.get("/admin/").status_code == 200
        return len(asked)

    def fill(start: int, end: int) -> None:
        now, system = timezone.now(), Actor.system(acme.id)
        for at in range(start, end):
            account = create_service_account(system, name=f"A{at}", slug=f"a-{at}", scopes=[])
            made_long_ago(account)
            token_that_ends(account, "soon", now + DAY)
            token = issue_token(system, account, name="tried").token
            revoke_token(system, token)
            used(token, None, now + DAY)

    fill(0, 3)
    few = queries()
    fill(3, 15)
    assert queries() == few
