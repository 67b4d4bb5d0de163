"""Who may open the console's pages, and what everybody else is told."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Organization, Session
from accounts.roles import Role

PAGES = ["/console/", "/console/-/organizations", "/console/acme/service-accounts"]


@pytest.fixture
def browser(client: Client, owner: Membership) -> Client:
    """A browser in which the owner of `acme` has signed in."""
    client.force_login(owner.user)
    return client


@pytest.mark.parametrize("page", PAGES)
def test_who_has_not_signed_in_signs_in_first_and_comes_back(
    client: Client, acme: Organization, page: str
) -> None:
    answer = client.get(page)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/console/-/sign-in?next={page.replace('/', '%2F')}"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_only_organization_is_in_sight_at_once(browser: Client) -> None:
    answer = browser.get("/console/")
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        "/console/acme/service-accounts",
    )


def test_who_belongs_to_several_chooses(
    browser: Client, owner: Membership, outsider: Membership
) -> None:
    Membership.objects.create(user=owner.user, organization=outsider.organization, role=Role.VIEWER)
    answer = browser.get("/console/", follow=True)
    assert answer.redirect_chain == [("/console/-/organizations", 302)]
    html = answer.content.decode()
    assert "/console/acme/service-accounts" in html
    assert "/console/rival/service-accounts" in html


@pytest.mark.parametrize("slug", ["rival", "nobody"])
def test_an_organization_of_others_is_not_there(
    browser: Client, outsider: Membership, slug: str
) -> None:
    answer = browser.get(f"/console/{slug}/service-accounts")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Rival" not in answer.content.decode()


def test_a_removed_member_is_out_at_once(browser: Client, owner: Membership) -> None:
    assert browser.get("/console/acme/service-accounts").status_code == 200
    Membership.objects.filter(pk=owner.pk).update(removed_at=timezone.now())
    assert browser.get("/console/acme/service-accounts").status_code == 404


def test_a_deactivated_person_has_no_session_any_more(browser: Client, owner: Membership) -> None:
    owner.user.is_active = False
    owner.user.save()
    assert browser.get("/console/acme/service-accounts").status_code == 302


def test_a_suspended_organization_says_so(browser: Client, acme: Organization) -> None:
    Organization.objects.filter(pk=acme.pk).update(suspended_at=timezone.now())
    answer = browser.get("/console/acme/service-accounts")
    assert answer.status_code == 403
    assert "Acme is suspended" in answer.content.decode()


def test_an_organization_that_requires_a_second_factor_lets_in_who_has_one(
    browser: Client, acme: Organization
) -> None:
    Organization.objects.filter(pk=acme.pk).update(requires_second_factor=True)
    answer = browser.get("/console/acme/service-accounts")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/console/-/second-factors?organization=acme"


def test_the_address_without_its_slash_leads_in(client: Client) -> None:
    answer = client.get("/console")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_refused(browser: Client, method: str) -> None:
    assert getattr(browser, method)("/console/-/organizations").status_code == 405


@pytest.mark.parametrize(
    ("address", "status"),
    [("/console/-/nothing", 404), ("/console/acme/nothing", 404), ("/console/acme", 404)],
)
def test_errors_below_the_console_are_pages(browser: Client, address: str, status: int) -> None:
    answer = browser.get(address)
    assert answer.status_code == status
    html = answer.content.decode()
    assert "There is nothing here" in html
    assert answer.headers["X-Request-Id"] in html


def test_a_form_without_its_csrf_token_is_refused_with_a_page(owner: Membership) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner.user)
    answer = browser.post("/console/-/sign-out")
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_every_page_forbids_what_it_does_not_need(browser: Client) -> None:
    answer = browser.get("/console/acme/service-accounts")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"].startswith("no-store")
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_session_row_tells_neither_its_key_nor_its_content(
    browser: Client, owner: Membership
) -> None:
    key = browser.cookies["wardkey_session"].value
    row = Session.objects.get(user=owner.user)
    assert key not in repr(vars(row))
    assert str(owner.user.pk) not in row.sealed
    copied = Client()
    copied.cookies["wardkey_session"] = row.digest
    assert copied.get("/console/-/organizations").status_code == 302


def test_an_ended_session_does_not_come_back_to_life(browser: Client) -> None:
    Session.objects.all().delete()
    assert browser.get("/console/-/organizations").status_code == 302
    assert not Session.objects.exists()


def test_the_session_does_not_open_the_rest_api(browser: Client) -> None:
    assert browser.get("/api/whoami").status_code == 401
    assert browser.get("/api/service-accounts").status_code == 401


def test_a_page_speaks_the_language_of_the_profile_else_of_the_browser(
    browser: Client, owner: Membership
) -> None:
    def spoken(accepted: str) -> str:
        headers = {"Accept-Language": accepted}
        return browser.get("/console/-/organizations", headers=headers).headers["Content-Language"]

    assert (spoken("de"), spoken("en"), spoken("xx")) == ("de", "en", "en")
    owner.user.language = "de"
    owner.user.save()
    assert spoken("en") == "de"


def test_the_rest_api_stays_english() -> None:
    answer = Client().get("/api/whoami", headers={"Accept-Language": "de"})
    assert answer.json()["title"] == "Unauthorized"
    assert "Content-Language" not in answer.headers
