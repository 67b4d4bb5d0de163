"""Creating a token in the console: the form, its presets, its limits, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import AuditEvent, Membership, ServiceAccount
from tests.console.pages import browser_of, words_on
from tokens.models import Token
from tokens.services.issue import IssuedToken

DEPLOY = "/console/acme/service-accounts/deploy"
NEW = f"{DEPLOY}/tokens/-/new"
FORM = {"name": "Night", "slug": "night", "mode": "inherit", "expires": "90", "once": "1"}


@pytest.fixture
def browser(owner: Membership, deploy: ServiceAccount) -> Client:
    """A browser in which the owner of `acme` has signed in."""
    return browser_of(owner)


def made() -> Token:
    """Return the only token."""
    return Token.objects.get()


def test_a_token_is_created_as_it_is_over_rest(browser: Client, owner: Membership) -> None:
    form = FORM | {
        "description": "In the vault.",
        "mode": "choose",
        "scopes": ["write:billing", "read:releases"],
    }
    answer = browser.post(NEW, form)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{DEPLOY}/tokens/night/secret"
    token = made()
    assert (token.name, token.description) == ("Night", "In the vault.")
    assert token.scopes == ["read:releases", "write:billing"]
    event = AuditEvent.objects.get(action="token.issued")
    assert (event.actor_id, event.target_id) == (owner.user_id, token.pk)


def test_a_token_that_follows_names_no_scopes_whatever_is_ticked(browser: Client) -> None:
    browser.post(NEW, FORM | {"scopes": ["write:billing"]})
    assert made().scopes is None


def test_a_token_that_chooses_nothing_holds_nothing(browser: Client) -> None:
    browser.post(NEW, FORM | {"mode": "choose"})
    assert made().scopes == []


def test_a_form_that_is_sent_twice_makes_one_token(browser: Client) -> None:
    first, second = browser.post(NEW, FORM), browser.post(NEW, FORM)
    assert first.headers["Location"] == second.headers["Location"]
    token = made()
    again = browser.post(NEW, FORM | {"name": "Day", "slug": "day"})
    assert again.status_code == 303, "somebody came back to it and wrote another one"
    assert Token.objects.exclude(pk=token.pk).get().name == "Day"


def test_a_form_that_is_sent_again_after_its_secret_was_read_makes_nothing(browser: Client) -> None:
    browser.get(browser.post(NEW, FORM).headers["Location"])
    answer = browser.post(NEW, FORM, follow=True)
    assert (answer.status_code, Token.objects.count()) == (410, 1)
    assert "This secret has been shown" in words_on(answer)


def test_every_form_is_good_for_a_token_of_its_own(browser: Client) -> None:
    marks = {browser.get(NEW).context["form"]["once"].value() for _ in range(2)}
    assert len(marks) == 2


@pytest.mark.parametrize("days", [7, 30, 90, 365])
def test_an_end_is_so_many_days_off(browser: Client, days: int) -> None:
    browser.post(NEW, FORM | {"expires": str(days)})
    end = made().expires_at
    assert end is not None
    left = end - timezone.now()
    assert timedelta(days=days, minutes=-1) < left <= timedelta(days=days)


def test_an_end_can_be_never(browser: Client) -> None:
    browser.post(NEW, FORM | {"expires": "never"})
    assert made().expires_at is None


def test_a_last_day_ends_where_the_person_lives(browser: Client, owner: Membership) -> None:
    owner.user.time_zone = "America/New_York"
    owner.user.save()
    browser.post(NEW, FORM | {"expires": "date", "expires_on": "2090-07-01"})
    assert made().expires_at == datetime(2090, 7, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize("day", ["", "soon", "2090-02-30", "9999-12-31"])
def test_a_last_day_that_is_none_is_refused_beside_it(browser: Client, day: str) -> None:
    answer = browser.post(NEW, FORM | {"expires": "date", "expires_on": day})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"expires"}
    assert not Token.objects.exists()


@pytest.mark.parametrize("expires", ["0", "8", "odd", "date"])
def test_an_end_that_is_past_is_refused(browser: Client, expires: str) -> None:
    answer = browser.post(NEW, FORM | {"expires": expires, "expires_on": "2020-01-01"})
    assert answer.status_code == 422
    assert "must be in the future" in words_on(answer)


@override_settings(WARDKEY_MAX_TOKEN_LIFETIME=timedelta(days=180))
def test_a_longest_life_leaves_out_what_it_does_not_allow(browser: Client) -> None:
    page = browser.get(NEW)
    assert "at most 180 days" in words_on(page)
    values = [offer.value for offer in page.context["expiry"].offers]
    assert values == ["7", "30", "90", "date"]
    for expires in ("365", "never", ""):
        answer = browser.post(NEW, FORM | {"expires": expires})
        assert answer.status_code == 422
        assert "expires" in answer.context["form"].errors
    assert browser.post(NEW, FORM | {"expires": "90"}).status_code == 303


@override_settings(WARDKEY_MAX_TOKEN_LIFETIME=timedelta(hours=12))
def test_a_longest_life_of_hours_is_offered_as_such(browser: Client) -> None:
    page = browser.get(NEW)
    assert "This installation allows at most 12 hours." in words_on(page)
    told = page.context["expiry"]
    has_a_day = told.last_day >= told.first_day  # towards its evening a day ends soon enough
    values = [offer.value for offer in told.offers]
    assert values == ["longest", "date"] if has_a_day else values == ["longest"]
    assert browser.post(NEW, FORM | {"expires": "longest"}).status_code == 303


@override_settings(WARDKEY_MAX_TOKEN_LIFETIME=timedelta(days=365))
def test_the_longest_preset_is_within_the_longest_life(browser: Client) -> None:
    assert browser.post(NEW, FORM | {"expires": "365"}).status_code == 303


def test_all_that_is_refused_stands_beside_its_field_and_nothing_typed_is_lost(
    browser: Client,
) -> None:
    form = FORM | {
        "name": "",
        "slug": "-",
        "description": "kept as typed",
        "mode": "choose",
        "scopes": ["read:relases", "write:billing"],
        "expires": "30",
    }
    answer = browser.post(NEW, form)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name", "slug", "scopes"}
    html = answer.content.decode()
    assert 'aria-invalid="true"' in html
    assert "kept as typed" in html
    assert 'value="30" checked' in html
    assert 'value="write:billing" aria-label="Read and write Billing" checked' in html
    assert "did you mean" in words_on(answer)
    assert answer.context["form"]["once"].value() == "1", "it is still the same form"


def test_a_name_and_a_slug_that_are_taken_are_told(browser: Client, ci: IssuedToken) -> None:
    assert "has a token named ci" in words_on(browser.post(NEW, FORM | {"name": "ci"}))
    assert 'had, a token "ci"' in words_on(browser.post(NEW, FORM | {"slug": "ci"}))


def test_nothing_is_made_under_a_disabled_account(browser: Client, deploy: ServiceAccount) -> None:
    ServiceAccount.objects.filter(pk=deploy.pk).update(disabled_at=timezone.now())
    assert "Enable it first" in words_on(browser.get(NEW))
    answer = browser.post(NEW, FORM)
    assert answer.status_code == 409
    assert "is disabled" in words_on(answer)
    assert not Token.objects.exists()


def test_scopes_that_a_person_does_not_hold_are_shown_and_refused(
    developer: Membership, deploy: ServiceAccount
) -> None:
    browser = browser_of(developer)
    html = browser.get(NEW).content.decode()
    assert 'aria-label="Read and write Releases, you do not hold this scope" disabled' in html
    assert 'value="read:releases" aria-label="Read Releases">' in html
    answer = browser.post(NEW, FORM | {"mode": "choose", "scopes": ["write:releases"]})
    assert answer.status_code == 403
    assert "you do not hold this scope" in str(answer.context["form"].errors["scopes"])
    assert not Token.objects.exists()


def test_who_holds_less_than_the_account_cannot_follow_it(
    developer: Membership, deploy: ServiceAccount
) -> None:
    ServiceAccount.objects.filter(pk=deploy.pk).update(scopes=["write:releases"])
    browser = browser_of(developer)
    page = browser.get(NEW)
    assert "The account holds scopes that you do not hold" in words_on(page)
    assert 'value="choose" checked' in page.content.decode()
    answer = browser.post(NEW, FORM)
    assert answer.status_code == 403
    assert "scopes" in answer.context["form"].errors


def test_who_may_only_look_creates_nothing(viewer: Membership, deploy: ServiceAccount) -> None:
    browser = browser_of(viewer)
    assert browser.get(NEW).status_code == 403
    assert browser.post(NEW, FORM).status_code == 403
    assert not Token.objects.exists()
