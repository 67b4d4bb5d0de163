"""Revoking in the console: one token or several, and what the page says first."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Membership, ServiceAccount
from tests.console.pages import browser_of, words_on
from tests.database.rows import revoked, token
from tokens.models import Token, TokenUsage
from tokens.services.issue import IssuedToken
from tokens.services.locks import no_such_token
from tokens.web import revoking

DEPLOY = "/console/acme/service-accounts/deploy"
REVOKE = f"{DEPLOY}/tokens/ci/revoke"
SEVERAL = f"{DEPLOY}/tokens/-/revoke"


@pytest.fixture
def browser(owner: Membership, deploy: ServiceAccount) -> Client:
    """A browser in which the owner of `acme` has signed in."""
    return browser_of(owner)


def use(issued: IssuedToken, ago: timedelta) -> None:
    """Note that the token was used so long ago."""
    TokenUsage.objects.create(token=issued.token, last_used_at=timezone.now() - ago)


def is_revoked(slug: str) -> bool:
    """Say whether the token with this slug is revoked."""
    return Token.objects.get(slug=slug).revoked_at is not None


def validate(issued: IssuedToken) -> int:
    """Return the status of the verdict on a token."""
    headers = {"Authorization": f"Bearer {issued.secret}"}
    return Client().get("/api/tokens/validate", headers=headers).status_code


def test_a_token_is_revoked_and_the_api_refuses_it(
    browser: Client, ci: IssuedToken, owner: Membership
) -> None:
    assert validate(ci) == 200
    words = words_on(browser.get(REVOKE))
    for told in ("Revoke ci?", ci.token.prefix, "write:releases", "Never"):
        assert told in words
    answer = browser.post(REVOKE)
    assert (answer.status_code, answer.headers["Location"]) == (303, DEPLOY)
    assert validate(ci) == 401
    assert "ci is revoked: nothing accepts it any more." in words_on(browser.get(DEPLOY))
    event = AuditEvent.objects.get(action="token.revoked")
    assert (event.actor_id, event.target_id) == (owner.user_id, ci.token.pk)


def test_looking_at_the_page_revokes_nothing(browser: Client, ci: IssuedToken) -> None:
    browser.get(REVOKE)
    browser.get(f"{SEVERAL}?token=ci")
    assert validate(ci) == 200


def test_a_token_in_use_is_revoked_by_who_types_its_slug(browser: Client, ci: IssuedToken) -> None:
    use(ci, timedelta(minutes=2, seconds=10))
    words = words_on(browser.get(REVOKE))
    assert "In use: last request 2 minutes ago" in words
    assert "Type ci to confirm" in words
    for typed in ("", "CI"):
        answer = browser.post(REVOKE, {"word": typed})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.content.decode()
        assert not is_revoked("ci")
    assert browser.post(REVOKE, {"word": " ci "}).status_code == 303
    assert is_revoked("ci")


def test_a_token_that_was_not_used_for_a_week_is_revoked_by_a_button(
    browser: Client, ci: IssuedToken
) -> None:
    use(ci, timedelta(days=7, minutes=1))
    assert "to confirm" not in words_on(browser.get(REVOKE))
    assert browser.post(REVOKE).status_code == 303


def test_a_second_press_of_the_button_is_told_that_it_is_done(
    browser: Client, ci: IssuedToken
) -> None:
    browser.post(REVOKE)
    for answer in (browser.post(REVOKE), browser.get(REVOKE)):
        assert answer.status_code == 200
        assert "ci is revoked already" in words_on(answer)
        assert '<form class="card pad stack" method="post">' not in answer.content.decode()
    assert REVOKE not in browser.get(f"{DEPLOY}/tokens/ci").content.decode()
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


def test_a_token_that_another_revokes_meanwhile_is_told_of_as_revoked(
    browser: Client, ci: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        Token.objects.update(**revoked())
        raise no_such_token("ci")

    monkeypatch.setattr(revoking, "revoke_token", refuse)
    assert "ci is revoked already" in words_on(browser.post(REVOKE, follow=True))


def test_several_are_revoked_at_once(
    browser: Client, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    for slug in ("one", "two"):
        token(deploy, slug).save(force_insert=True)
    address = f"{SEVERAL}?token=ci&token=one"
    words = words_on(browser.get(address))
    assert "Revoke 2 tokens?" in words
    assert "two" not in words.split()
    answer = browser.post(address)
    assert (answer.status_code, answer.headers["Location"]) == (303, DEPLOY)
    assert [is_revoked(slug) for slug in ("ci", "one", "two")] == [True, True, False]
    assert AuditEvent.objects.filter(action="token.revoked").count() == 2
    assert "2 tokens are revoked" in words_on(browser.get(DEPLOY))


def test_several_of_which_one_is_in_use_are_revoked_by_who_types_the_accounts_slug(
    browser: Client, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    token(deploy, "one").save(force_insert=True)
    use(ci, timedelta(days=1))
    address = f"{SEVERAL}?token=ci&token=one"
    assert "Type deploy to confirm" in words_on(browser.get(address))
    assert browser.post(address).status_code == 422
    assert not is_revoked("one")
    assert browser.post(address, {"word": "deploy"}).status_code == 303
    assert is_revoked("one")


@pytest.mark.parametrize(
    "query", ["", "?token=", "?token=nobody", "?token=gone", "?token=%00", "?token=gone&token=gone"]
)
def test_nothing_selected_says_so(browser: Client, deploy: ServiceAccount, query: str) -> None:
    gone = token(deploy, "gone")
    gone.save(force_insert=True)
    browser.post(f"{DEPLOY}/tokens/gone/revoke")
    assert "No token is selected" in words_on(browser.get(SEVERAL + query))
    assert browser.post(SEVERAL + query).status_code == 200


def test_tokens_of_another_account_are_not_among_them(
    browser: Client, deploy: ServiceAccount, ci: IssuedToken, outsider: Membership
) -> None:
    theirs = browser_of(outsider)
    theirs.post("/console/rival/service-accounts/-/new", {"name": "Deploy", "slug": "deploy"})
    answer = theirs.post("/console/rival/service-accounts/deploy/tokens/-/revoke?token=ci")
    assert "No token is selected" in words_on(answer)
    assert not is_revoked("ci")


def test_who_may_only_look_revokes_nothing(viewer: Membership, ci: IssuedToken) -> None:
    browser = browser_of(viewer)
    for address in (REVOKE, f"{SEVERAL}?token=ci"):
        assert browser.get(address).status_code == 403
        assert browser.post(address).status_code == 403
    assert validate(ci) == 200
