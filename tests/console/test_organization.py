"""The organization's own page: what it is, its name, and how its people sign in."""

import json
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, ExternalIdentity, Membership, Organization
from tests.console.pages import browser_of, words_on
from tests.console.test_members import crowd
from tests.second_factors.factors import enrol_app

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/console/acme/organization"
RULE = f"{PAGE}/second-factors"


def now(organization: Organization) -> Organization:
    """Return the organization as it is now."""
    return Organization.objects.get(pk=organization.pk)


@pytest.mark.parametrize("who", ["owner", "admin", "developer", "viewer"])
def test_every_role_sees_what_the_organization_is(
    who: str, request: pytest.FixtureRequest, acme: Organization
) -> None:
    answer = browser_of(request.getfixturevalue(who)).get(PAGE)
    assert answer.status_code == 200
    assert f"Id {acme.id}" in words_on(answer)
    assert ("Save the name" in words_on(answer)) == (who in {"owner", "admin"})


@pytest.mark.parametrize("who", ["developer", "viewer"])
def test_who_may_only_read_changes_nothing(
    who: str, request: pytest.FixtureRequest, acme: Organization
) -> None:
    browser = browser_of(request.getfixturevalue(who))
    assert browser.get(RULE).status_code == 403
    assert browser.post(RULE, {"required": "yes"}).status_code == 403
    assert browser.post(PAGE, {"name": "Mine"}).status_code == 403
    assert (now(acme).name, now(acme).requires_second_factor) == ("Acme", False)


def test_an_outsider_finds_nothing_and_changes_nothing(
    outsider: Membership, acme: Organization
) -> None:
    for address in (PAGE, RULE):
        assert browser_of(outsider).get(address).status_code == 404
        sent = {"name": "Mine", "required": "yes"}
        assert browser_of(outsider).post(address, sent).status_code == 404
    assert (now(acme).name, now(acme).requires_second_factor) == ("Acme", False)


def test_it_is_renamed_and_its_slug_stays(admin: Membership, acme: Organization) -> None:
    answer = browser_of(admin).post(PAGE, {"name": " Acme & Söhne "}, follow=True)
    assert answer.redirect_chain == [(PAGE, 303)]
    assert "The organization has its new name." in words_on(answer)
    assert (now(acme).name, now(acme).slug) == ("Acme & Söhne", "acme")
    event = AuditEvent.objects.get(action="organization.changed")
    assert event.changes == {"name": {"before": "Acme", "after": "Acme & Söhne"}}


@pytest.mark.parametrize("name", ["", "x" * 201, "two\nlines"])
def test_a_bad_name_is_refused_beside_its_field_and_stays_there(
    owner: Membership, acme: Organization, name: str
) -> None:
    answer = browser_of(owner).post(PAGE, {"name": name})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.content.decode()
    assert name[:50].partition("\n")[0] in answer.content.decode()
    assert now(acme).name == "Acme"


def test_who_has_no_second_factor_does_not_require_one(
    owner: Membership, acme: Organization
) -> None:
    browser = browser_of(owner)
    assert "Set up a second factor of your own first." in words_on(browser.get(RULE))
    answer = browser.post(RULE, {"required": "yes"})
    assert answer.status_code == 403
    assert "Set up a second factor of your own first." in words_on(answer)
    assert not now(acme).requires_second_factor


def test_second_factors_are_required_and_no_more(
    owner: Membership, acme: Organization, viewer: Membership
) -> None:
    enrol_app(owner.user)
    browser = browser_of(owner)
    assert "1 member has none" in words_on(browser.get(RULE))
    browser.post(RULE, {"required": "yes"})
    assert now(acme).requires_second_factor
    browser.post(RULE, {"required": "yes"})
    assert now(acme).requires_second_factor
    assert "Stop requiring a second factor?" in words_on(browser.get(RULE))
    answer = browser.post(RULE, {"required": "no"}, follow=True)
    assert "A password alone signs people in again." in words_on(answer)
    assert not now(acme).requires_second_factor
    assert AuditEvent.objects.filter(action="organization.changed").count() == 2


def test_issuers_in_use_are_those_that_may_speak_and_those_that_did(
    owner: Membership, acme: Organization, viewer: Membership, admin: Membership, settings: object
) -> None:
    def issuer(name: str, organization: str) -> dict[str, object]:
        return {
            "issuer": f"https://{name}.test",
            "audience": "wardkey",
            "jwks_url": f"https://{name}.test/keys",
            "algorithms": ["RS256"],
            "organizations": [organization],
        }

    told = json.dumps([issuer("ours", str(acme.id)), issuer("theirs", str(uuid4()))])
    settings.WARDKEY_ISSUERS = told  # type: ignore[attr-defined]
    for person, name in ((viewer, "ours"), (admin, "former")):
        ExternalIdentity.objects.create(
            user=person.user, issuer=f"https://{name}.test", subject=name
        )
    page = words_on(browser_of(owner).get(PAGE))
    assert "https://former.test 1 No https://ours.test 1 Yes" in page
    assert "theirs" not in page


def test_a_thousand_members_cost_as_much_as_ten(owner: Membership, acme: Organization) -> None:
    browser, costs = browser_of(owner), []
    for size in (10, 990):
        crowd(acme, size)
        with CaptureQueriesContext(connection) as queries:
            browser.get(PAGE)
            browser.get(RULE)
        costs.append(len(queries))
    assert costs[0] == costs[1]
