"""Acts on many things: each done as by itself, confirmed once, and told one by one."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import AuditEvent, BulkRun, Membership, ServiceAccount
from accounts.services.service_accounts import create_service_account, delete_service_account
from tests.admin.bulk import ACCOUNTS, REASON, TOKENS, begin, choose, crowd, done
from tests.console.pages import words_on
from tests.database.rows import revoked, token
from tokens.models import Token, TokenUsage
from tokens.services.issue import IssuedToken, issue_token

LIST = "/admin/tokens/token/"


def verdict(issued: IssuedToken) -> int:
    """Return the status that a gateway gets for a token."""
    headers = {"Authorization": f"Bearer {issued.secret}"}
    return Client().get("/tokens/validate", headers=headers).status_code


def neighbour(outsider: Membership) -> ServiceAccount:
    """Return an account of the other organization."""
    system = Actor.system(outsider.organization_id)
    return create_service_account(system, name="Robot", slug="robot", scopes=["read:releases"])


def facts_on(page: str) -> dict[str, str]:
    """Return the facts that a page tells, by their words."""
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page, re.DOTALL)
    return {words: re.sub(r"<[^>]+>", "", fact) for words, fact in found}


def test_450_tokens_of_two_organizations_are_revoked(
    support: Client, deploy: ServiceAccount, outsider: Membership
) -> None:
    robot = neighbour(outsider)
    crowd(deploy, 198)
    crowd(robot, 250)
    here = issue_token(Actor.system(deploy.organization_id), deploy, name="here")
    there = issue_token(Actor.system(robot.organization_id), robot, name="there")
    assert [verdict(here), verdict(there)] == [200, 200]
    page = done(begin(support, choose(support, "revoke")))
    assert re.findall(r"(\d+) of 450<", page) == ["200", "400", "450"]
    told = facts_on(page)
    assert (told["Revoked"], told["Revoked before"], told["Not done"]) == ("450", "0", "0")
    assert not Token.objects.filter(revoked_at=None).exists()
    assert [verdict(here), verdict(there)] == [401, 401]


def test_each_one_has_its_line_with_who_and_why(
    support: Client, deploy: ServiceAccount, outsider: Membership
) -> None:
    tokens = [*crowd(deploy, 3), *crowd(neighbour(outsider), 2)]
    done(begin(support, choose(support, "revoke")))
    lines = AuditEvent.objects.filter(action="token.revoked")
    assert {(line.target_id, line.organization_id) for line in lines} == {
        (one.pk, one.organization_id) for one in tokens
    }
    assert {line.actor_type for line in lines} == {"staff"}
    assert {line.changes["reason"]["after"] for line in lines} == {REASON}
    assert {line.actor_name for line in lines} == {"Sam the support"}


def test_the_page_counts_what_it_touches_and_does_nothing(
    support: Client, deploy: ServiceAccount, outsider: Membership
) -> None:
    tokens = [*crowd(deploy, 12), *crowd(neighbour(outsider), 3)]
    crowd(deploy, 2, **revoked())
    now = timezone.now()
    TokenUsage.objects.create(token=tokens[0], last_used_at=now - timedelta(days=1))
    TokenUsage.objects.create(token=tokens[1], last_used_at=now - timedelta(days=8))
    answer = support.get(choose(support, "revoke"))
    told = facts_on(answer.content.decode())
    assert told["Tokens"] == "17"
    assert (told["Of service accounts"], told["Of organizations"]) == ("2", "2")
    assert (told["Used within 7 days"], told["Revoked already"]) == ("1", "2")
    assert answer.content.decode().count("crowd-") == 10
    assert "Revoke 17 tokens?" in words_on(answer)
    assert Token.objects.filter(revoked_at=None).count() == 15
    assert not AuditEvent.objects.filter(action="token.revoked").exists()


def test_only_what_is_ticked_is_touched(support: Client, deploy: ServiceAccount) -> None:
    first, second, third = crowd(deploy, 3)
    done(begin(support, choose(support, "revoke", first, third)))
    assert set(Token.objects.filter(revoked_at=None)) == {second}


def test_all_that_fit_are_those_of_the_lists_query(
    support: Client, deploy: ServiceAccount, outsider: Membership
) -> None:
    ours, theirs = crowd(deploy, 2), crowd(neighbour(outsider), 30)
    page = choose(support, "revoke", query="?organization=rival")
    done(begin(support, page))
    assert set(Token.objects.filter(revoked_at=None)) == set(ours)
    assert Token.objects.exclude(revoked_at=None).count() == len(theirs)


def test_those_that_are_revoked_already_stay_as_they_are(
    support: Client, deploy: ServiceAccount
) -> None:
    old = crowd(deploy, 2, **revoked())
    crowd(deploy, 1)
    told = facts_on(done(begin(support, choose(support, "revoke"))))
    assert (told["Revoked"], told["Revoked before"]) == ("1", "2")
    assert {Token.objects.get(pk=one.pk).revoked_at for one in old} == {
        one.revoked_at for one in old
    }
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


def test_what_is_refused_is_named_with_the_reason_and_leaves_the_others(
    lead: Client, deploy: ServiceAccount
) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    [expired] = crowd(deploy, 1, expires_at=yesterday)
    [dead] = crowd(deploy, 1, **revoked())
    gone = create_service_account(Actor.system(deploy.organization_id), name="Gone", slug="gone")
    [orphan] = crowd(gone, 1)
    delete_service_account(Actor.system(deploy.organization_id), gone)
    good = crowd(deploy, 2)
    page = done(begin(lead, choose(lead, "change expiry"), expires="30"))
    told = facts_on(page)
    assert (told["Changed"], told["Not done"]) == ("2", "3")
    for refused, why in (
        (expired, f"The token &quot;{expired.slug}&quot; is expired."),
        (dead, f"The token &quot;{dead.slug}&quot; is revoked."),
        (orphan, f"There is no token &quot;{orphan.slug}&quot;"),
    ):
        assert f'href="/admin/tokens/token/{refused.pk}"' in page
        assert why in page
    ends = {Token.objects.get(pk=one.pk).expires_at for one in good}
    [end] = ends
    assert end is not None
    assert abs(end - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    assert Token.objects.get(pk=orphan.pk).expires_at is None


def test_many_ends_are_told_before_and_after(lead: Client, deploy: ServiceAccount) -> None:
    end = timezone.now() + timedelta(days=5)
    crowd(deploy, 2, expires_at=end)
    crowd(deploy, 1)
    told = facts_on(done(begin(lead, choose(lead, "change expiry"), expires="never")))
    assert (told["Changed"], told["Had this expiry before"]) == ("2", "1")
    for line in AuditEvent.objects.filter(action="token.changed"):
        assert line.changes["expires_at"]["before"] is not None
        assert line.changes["expires_at"]["after"] is None
        assert line.changes["reason"]["after"] == REASON


def test_accounts_are_disabled(support: Client, deploy: ServiceAccount, ci: IssuedToken) -> None:
    other = create_service_account(Actor.system(deploy.organization_id), name="Other")
    page = choose(support, "disable", at=ACCOUNTS)
    assert "Disable 2 service accounts?" in words_on(support.get(page))
    told = facts_on(done(begin(support, page)))
    assert told["Disabled"] == "2"
    assert verdict(ci) == 401
    other.refresh_from_db()
    assert other.disabled_at is not None


def test_more_than_a_run_takes_is_said(
    support: Client, deploy: ServiceAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokens.admin.bulk.MOST_THINGS", 3)
    crowd(deploy, 4)
    page = choose(support, "revoke")
    assert "More than 3 fit." in words_on(support.get(page))
    done(begin(support, page))
    assert Token.objects.filter(revoked_at=None).count() == 1


def test_nothing_chosen_leads_back_to_the_list(support: Client, deploy: ServiceAccount) -> None:
    crowd(deploy, 1)
    for typed in ({"act": "revoke"}, {"act": "revoke", "thing": ["no id", "\0"]}):
        answer = support.post(f"{TOKENS}?organization=acme", typed)
        assert (answer.status_code, answer["Location"]) == (303, f"{LIST}?organization=acme")
        assert "Nothing is chosen" in words_on(support.get(answer["Location"]))
    assert not BulkRun.objects.exists()


def test_a_list_of_nothing_chooses_nothing(support: Client, ci: IssuedToken) -> None:
    query = "?organization=nobody"
    answer = support.post(TOKENS + query, {"act": "revoke", "all": "1"})
    assert answer["Location"] == LIST + query
    assert not BulkRun.objects.exists()


def test_what_is_not_done_is_shown_page_by_page(lead: Client, deploy: ServiceAccount) -> None:
    crowd(deploy, 120, **revoked())
    page = choose(lead, "change expiry")
    first = done(begin(lead, page, expires="7"))
    assert "1 to 100 of 120" in first
    second = words_on(lead.get(f"{page}?page=2"))
    assert "101 to 120 of 120" in second


def test_a_token_with_markup_in_its_name_is_shown_as_text(
    lead: Client, deploy: ServiceAccount
) -> None:
    name = "<!-- what is done meanwhile --><b>x"
    token(deploy, "marked", name=name, **revoked()).save(force_insert=True)
    page = done(begin(lead, choose(lead, "change expiry"), expires="7"))
    assert "&lt;!-- what is done meanwhile --&gt;&lt;b&gt;x" in page
    assert "<b>x" not in page
