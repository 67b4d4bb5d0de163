"""Whatever a browser sends to a page of the console gets a page, and never a 500."""

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from accounts.models import Membership, Organization, User
from tests.console.pages import browser_of, is_page, words_on
from tests.console.people import SIGN_IN
from tests.second_factors.factors import enrol_app
from tokens.services.issue import IssuedToken

ODD = ["\0", "\ud800", "\u202e", "x" * 100_000, "[]", "%00"]

FORMS = [
    (SIGN_IN, "email"),
    (SIGN_IN, "password"),
    ("/console/-/sign-in/passkey", "credential"),
    ("/console/-/password/forgotten", "email"),
    ("/console/-/go-on", "draft"),
]
"""Forms that anybody can send."""

OWN_FORMS = [
    ("/console/-/confirm", "password"),
    ("/console/-/password", "new_password"),
    ("/console/-/profile", "name"),
    ("/console/-/profile", "time_zone"),
    ("/console/-/profile", "language"),
    ("/console/acme/organization", "name"),
    ("/console/acme/organization/second-factors", "required"),
    ("/console/acme/invitations/new", "role"),
    ("/console/acme/invitations/new", "email"),
    *(
        (f"/console/acme/service-accounts{form}", field)
        for form in ("/-/new", "/deploy/edit", "/deploy/tokens/-/new", "/deploy/tokens/ci/edit")
        for field in ("name", "scopes", "once", "preset")
    ),
    *(
        (f"/console/acme/service-accounts/deploy/tokens/{form}", field)
        for form in ("-/new", "ci/edit")
        for field in ("expires", "expires_on")
    ),
    ("/console/acme/service-accounts/deploy/delete", "word"),
    ("/console/acme/service-accounts/deploy/tokens/ci/revoke", "word"),
]

QUERIES = [
    "/console/-/second-factors?organization=",
    "/console/-/sign-in?next=",
    "/console/-/password/reset?mark=",
    "/console/acme/members?q=",
    "/console/acme/members?cursor=",
    "/console/acme/members?page=",
    "/console/acme/invitations?cursor=",
    "/console/acme/audit-log?action=",
    "/console/acme/audit-log?actor=",
    "/console/acme/audit-log?from=",
    "/console/acme/audit-log?cursor=",
    "/console/acme/audit-log/export?to=",
    *(
        f"/console/acme/service-accounts{page}?{asked}="
        for page in ("", "/deploy")
        for asked in ("q", "status", "sort", "cursor")
    ),
    "/console/acme/service-accounts/deploy/tokens/-/revoke?token=",
]


@pytest.mark.parametrize("odd", ODD, ids=ascii)
@pytest.mark.parametrize(("form", "field"), FORMS)
def test_a_strangers_form_gets_a_page(db: None, form: str, field: str, odd: str) -> None:
    body = f"{field}={odd}".encode("utf-8", "surrogatepass")
    kind = "application/x-www-form-urlencoded"
    assert is_page(Client().post(form, body, content_type=kind))


@pytest.mark.parametrize("odd", ODD, ids=ascii)
@pytest.mark.parametrize(("form", "field"), OWN_FORMS)
def test_a_members_form_gets_a_page(
    owner: Membership, ci: IssuedToken, form: str, field: str, odd: str
) -> None:
    body = f"{field}={odd}".encode("utf-8", "surrogatepass")
    kind = "application/x-www-form-urlencoded"
    assert is_page(browser_of(owner).post(form, body, content_type=kind))


@pytest.mark.parametrize("odd", ["%00", "%ED%A0%80", "%E2%80%AE", "x" * 5000, "[]", "1"])
@pytest.mark.parametrize("address", QUERIES)
def test_an_odd_query_gets_a_page(
    owner: Membership, ci: IssuedToken, address: str, odd: str
) -> None:
    answer = browser_of(owner).get(f"{address}{odd}")
    is_download = answer["Content-Type"] == "application/jsonl"
    assert is_download or is_page(answer)


def test_a_form_of_many_megabytes_gets_a_page(client: Client, db: None) -> None:
    answer = client.post(SIGN_IN, {"email": "x" * 3_000_000})
    assert 400 <= answer.status_code < 500
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("pressed", [{}, {"required": "maybe"}, {"required": "YES"}])
def test_no_button_switches_no_rule(owner: Membership, pressed: dict[str, str]) -> None:
    enrol_app(owner.user)
    Organization.objects.update(requires_second_factor=True)
    answer = browser_of(owner).post("/console/acme/organization/second-factors", pressed)
    assert answer.status_code == 422
    assert Organization.objects.get().requires_second_factor


def test_a_time_zone_that_the_machine_lost_is_utc(owner: Membership) -> None:
    User.objects.update(time_zone="Europe/Atlantis")
    answer = browser_of(owner).get("/console/-/profile")
    assert answer.status_code == 200
    assert '<option value="">UTC</option>' in answer.content.decode()


@pytest.mark.parametrize("address", [SIGN_IN, "/console/-/profile", "/console/acme/members"])
def test_a_database_that_is_away_is_told_of_on_a_page(owner: Membership, address: str) -> None:
    browser = browser_of(owner)
    browser.raise_request_exception = False

    def fail(*_: Any) -> None:
        raise OperationalError("the database is away")

    with connection.execute_wrapper(fail):
        answer = browser.get(address)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "Back in a moment" in words_on(answer)
    assert "away" not in words_on(answer)
