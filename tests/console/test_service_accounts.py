"""Service accounts in the console: found, made, changed, switched off and on, deleted."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Membership, Organization, ServiceAccount
from tests.console.pages import browser_of, words_on
from tests.database.rows import account
from tests.organizations.rows import Rows, all_rows, unchanged
from tokens.models import TokenUsage
from tokens.services.issue import IssuedToken

LIST = "/console/acme/service-accounts"
NEW = f"{LIST}/-/new"
DEPLOY = f"{LIST}/deploy"


@pytest.fixture
def browser(owner: Membership) -> Client:
    """A browser in which the owner of `acme` has signed in."""
    return browser_of(owner)


def rows_of_the_domain() -> Rows:
    """Return every row but the sessions, which note when they are used."""
    return {place: row for place, row in all_rows().items() if place[0] != "accounts.Session"}


def test_who_may_only_look_is_shown_no_buttons(
    viewer: Membership, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    browser = browser_of(viewer)
    for page in (LIST, DEPLOY, f"{DEPLOY}/tokens/ci"):
        html = browser.get(page).content.decode()
        for action in ("/-/new", "/edit", "/revoke", "/disable", "/delete", 'type="checkbox"'):
            assert action not in html


@pytest.mark.parametrize(
    "page",
    [NEW, f"{DEPLOY}/edit", f"{DEPLOY}/disable", f"{DEPLOY}/enable", f"{DEPLOY}/delete"],
)
def test_who_may_only_look_can_do_nothing(
    viewer: Membership, deploy: ServiceAccount, page: str
) -> None:
    browser, before = browser_of(viewer), rows_of_the_domain()
    assert browser.get(page).status_code == 403
    assert browser.post(page, {"name": "Mine"}).status_code == 403
    assert unchanged(before)
    assert not ServiceAccount.objects.filter(name="Mine").exists()


def test_an_account_of_others_is_not_there(outsider: Membership, deploy: ServiceAccount) -> None:
    browser, before = browser_of(outsider), rows_of_the_domain()
    for page in ("", "/edit", "/disable", "/delete", "/tokens/-/new", "/tokens/-/revoke"):
        for address in (f"{DEPLOY}{page}", f"{DEPLOY.replace('acme', 'rival')}{page}"):
            assert browser.get(address).status_code == 404
            assert browser.post(address, {"name": "Mine"}).status_code == 404
    assert unchanged(before)


def test_an_account_is_created_as_it_is_over_rest(browser: Client, owner: Membership) -> None:
    answer = browser.post(
        NEW,
        {
            "name": " Night ",
            "slug": "night",
            "description": "Runs at night.",
            "external_id": "team-7/night",
            "scopes": ["read:releases", "write:billing"],
            "once": "1",
        },
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{LIST}/night")
    made = ServiceAccount.objects.get(slug="night")
    assert (made.name, made.description, made.external_id) == (
        "Night",
        "Runs at night.",
        "team-7/night",
    )
    assert made.scopes == ["read:releases", "write:billing"]
    event = AuditEvent.objects.get(target_id=made.pk)
    assert (event.action, event.actor_id) == ("service_account.created", owner.user_id)
    assert "Night is created." in words_on(browser.get(answer.headers["Location"]))


def test_a_form_that_is_sent_twice_creates_one(browser: Client, acme: Organization) -> None:
    form = {"name": "Night", "once": "1"}
    places = {browser.post(NEW, form).headers["Location"] for _ in range(2)}
    assert len(places) == 1
    assert ServiceAccount.objects.filter(name="Night").count() == 1
    browser.post(NEW, form | {"name": "Day"})
    assert ServiceAccount.objects.filter(name="Day").exists(), "it was changed in between"


def test_what_is_refused_stands_beside_its_field_and_nothing_typed_is_lost(
    browser: Client, deploy: ServiceAccount
) -> None:
    typed = {
        "name": "",
        "slug": "No Slug",
        "description": "kept as typed",
        "external_id": "x" * 201,
        "scopes": ["read:releases"],
        "once": "1",
    }
    answer = browser.post(NEW, typed)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name", "slug", "external_id"}
    html = answer.content.decode()
    assert "kept as typed" in html
    assert 'value="No Slug"' in html
    assert 'aria-describedby="slug-error slug-hint"' in html
    assert 'value="read:releases" aria-label="Read Releases" checked' in html
    taken = browser.post(NEW, {"name": "Other", "slug": "deploy"})
    assert "exists already" in words_on(taken)


def test_an_account_is_changed(browser: Client, deploy: ServiceAccount) -> None:
    page = browser.get(f"{DEPLOY}/edit")
    assert 'value="Deploy"' in page.content.decode()
    form = {"name": "Ship", "description": "", "external_id": "", "scopes": ["write:billing"]}
    answer = browser.post(f"{DEPLOY}/edit", form)
    assert (answer.status_code, answer.headers["Location"]) == (303, DEPLOY)
    deploy.refresh_from_db()
    assert (deploy.name, deploy.scopes, deploy.slug) == ("Ship", ["write:billing"], "deploy")


def test_scopes_that_the_catalogue_no_longer_has_can_stay_or_go(
    browser: Client, deploy: ServiceAccount
) -> None:
    ServiceAccount.objects.filter(pk=deploy.pk).update(scopes=["read:releases", "read:gone"])
    page = words_on(browser.get(f"{DEPLOY}/edit"))
    assert "No longer in the catalogue" in page
    browser.post(f"{DEPLOY}/edit", {"name": "Ship", "scopes": ["read:releases", "read:gone"]})
    deploy.refresh_from_db()
    assert (deploy.name, deploy.scopes) == ("Ship", ["read:releases", "read:gone"])
    browser.post(f"{DEPLOY}/edit", {"name": "Ship", "scopes": ["read:releases"]})
    deploy.refresh_from_db()
    assert deploy.scopes == ["read:releases"]


def test_a_developer_keeps_what_others_gave_and_gives_no_more_than_they_have(
    developer: Membership, deploy: ServiceAccount
) -> None:
    ServiceAccount.objects.filter(pk=deploy.pk).update(scopes=["write:billing"])
    browser = browser_of(developer)
    html = browser.get(f"{DEPLOY}/edit").content.decode()
    assert 'aria-label="Read and write Billing" checked>' in html
    assert 'aria-label="Read and write Releases, you do not hold this scope" disabled' in html
    kept = browser.post(f"{DEPLOY}/edit", {"name": "Ship", "scopes": ["write:billing"]})
    assert kept.status_code == 303
    refused = browser.post(
        f"{DEPLOY}/edit", {"name": "Ship", "scopes": ["write:billing", "write:releases"]}
    )
    assert refused.status_code == 403
    assert "you do not hold this scope" in str(refused.context["form"].errors["scopes"])
    deploy.refresh_from_db()
    assert deploy.scopes == ["write:billing"]


def test_an_account_is_disabled_and_enabled_and_the_pages_say_what_that_does(
    browser: Client, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    words = words_on(browser.get(f"{DEPLOY}/disable"))
    assert "These tokens will stop working" in words
    assert ci.token.prefix in words
    assert browser.post(f"{DEPLOY}/disable").status_code == 303
    deploy.refresh_from_db()
    assert deploy.is_disabled
    shown = words_on(browser.get(DEPLOY))
    assert "This account is disabled." in shown
    assert "Switched off" in shown
    assert "New token" not in shown
    assert "is disabled already" in words_on(browser.get(f"{DEPLOY}/disable"))
    assert "These tokens will work again" in words_on(browser.get(f"{DEPLOY}/enable"))
    assert browser.post(f"{DEPLOY}/enable").status_code == 303
    deploy.refresh_from_db()
    assert not deploy.is_disabled


def test_enabling_grants_and_so_has_the_ceiling(
    developer: Membership, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    ServiceAccount.objects.filter(pk=deploy.pk).update(disabled_at=timezone.now())
    answer = browser_of(developer).post(f"{DEPLOY}/enable")
    assert answer.status_code == 403
    assert "You do not hold this scope" in words_on(answer)
    deploy.refresh_from_db()
    assert deploy.is_disabled


def test_an_account_that_is_not_used_is_deleted_by_a_button(
    browser: Client, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    page = words_on(browser.get(f"{DEPLOY}/delete"))
    assert "These tokens will stop working" in page
    assert "to confirm" not in page
    answer = browser.post(f"{DEPLOY}/delete")
    assert (answer.status_code, answer.headers["Location"]) == (303, LIST)
    assert "Deploy is deleted." in words_on(browser.get(LIST))
    assert browser.get(DEPLOY).status_code == 404


def test_an_account_in_use_is_deleted_by_who_types_its_slug(
    browser: Client, deploy: ServiceAccount, ci: IssuedToken
) -> None:
    TokenUsage.objects.create(token=ci.token, last_used_at=timezone.now() - timedelta(days=6))
    assert "Type deploy to confirm" in words_on(browser.get(f"{DEPLOY}/delete"))
    for typed in ("", "Deploy"):
        answer = browser.post(f"{DEPLOY}/delete", {"word": typed})
        assert answer.status_code == 422
        assert "word" in answer.context["form"].errors
    assert browser.post(f"{DEPLOY}/delete", {"word": "deploy"}).status_code == 303
    deploy.refresh_from_db()
    assert deploy.deleted_at is not None


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "広" * 200, "שלום", "🦊"])
def test_a_name_changes_nothing_but_itself(browser: Client, acme: Organization, name: str) -> None:
    plain = account(acme, "plain", name="plain")
    plain.save(force_insert=True)
    odd = account(acme, "other", name=name)
    odd.save(force_insert=True)
    for page in ("", "/edit", "/disable", "/delete", "/tokens/-/new"):
        html = browser.get(f"{LIST}/other{page}").content.decode()
        assert html.count("<script") == 1
        same = browser.get(f"{LIST}/plain{page}").content.decode()
        assert html.count("<") == same.count("<")
