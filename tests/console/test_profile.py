"""What a person decides about themselves, and where they are signed in."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, ExternalIdentity, Membership, Session, User
from accounts.roles import Role
from accounts.web.devices import device_words
from tests.clients import RestClient
from tests.conftest import PASSWORD
from tests.console.pages import browser_of, words_on

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/console/-/profile"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0"
)


def test_who_has_not_signed_in_has_no_profile(client: Client, db: None) -> None:
    assert client.get(PAGE).status_code == 302


def test_a_profile_is_changed_and_told_in_each_organization(
    owner: Membership, outsider: Membership
) -> None:
    Membership.objects.create(user=owner.user, organization=outsider.organization, role=Role.VIEWER)
    sent = {"name": "Ada", "time_zone": "Europe/Berlin", "language": "de"}
    answer = browser_of(owner).post(PAGE, sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    user = User.objects.get(pk=owner.user_id)
    assert (user.name, user.time_zone, user.language) == ("Ada", "Europe/Berlin", "de")
    events = AuditEvent.objects.filter(action="user.changed")
    assert {event.organization_id for event in events} == {
        owner.organization_id,
        outsider.organization_id,
    }
    for event in events:
        assert (event.actor_id, event.target_id) == (user.id, user.id)
        assert event.changes["name"] == {"before": "Owner of acme", "after": "Ada"}
    page = browser_of(owner).get(PAGE)
    assert page.headers["Content-Language"] == "de"
    assert "<option selected>Europe/Berlin" in page.content.decode()


def test_nothing_is_told_where_nothing_changes(owner: Membership) -> None:
    sent = {"name": "Owner of acme", "time_zone": "", "language": ""}
    assert browser_of(owner).post(PAGE, sent).status_code == 303
    assert not AuditEvent.objects.filter(action="user.changed").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 201),
        ("name", "two\nlines"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("language", "xx"),
    ],
)
def test_a_bad_value_is_refused_beside_its_field(owner: Membership, field: str, value: str) -> None:
    sent = {"name": "Ada", "time_zone": "", "language": "", field: value}
    answer = browser_of(owner).post(PAGE, sent)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.content.decode()
    assert User.objects.get(pk=owner.user_id).name == "Owner of acme"


def test_who_comes_from_outside_has_no_password_here(owner: Membership) -> None:
    person = User.objects.create_user(None, name="Olga")
    ExternalIdentity.objects.create(user=person, issuer="https://login.test", subject="olga")
    browser = Client()
    browser.force_login(person)
    told = words_on(browser.get(PAGE))
    assert "https://login.test" in told
    assert "How you sign in" not in told


def test_the_sessions_tell_their_browser_and_end_one_by_one(owner: Membership) -> None:
    this, other = browser_of(owner), browser_of(owner)
    other.get(PAGE, headers={"User-Agent": FIREFOX})
    page = this.get(PAGE, headers={"User-Agent": SAFARI})
    told = words_on(page)
    assert "Firefox on Linux" in told
    assert "Safari on iPhone This browser 127.0.0.1" in told
    theirs = Session.objects.get(user_agent=FIREFOX)
    answer = this.post(f"/console/-/sessions/{theirs.digest}/end", follow=True)
    assert "That browser is signed out." in words_on(answer)
    assert other.get(PAGE).status_code == 302
    assert this.get(PAGE).status_code == 200


def test_signing_out_everywhere_else_keeps_this_browser(owner: Membership) -> None:
    this, others = browser_of(owner), [browser_of(owner) for _ in range(3)]
    answer = this.post("/console/-/sessions/end-others", follow=True)
    assert "3 other sign-ins have ended." in words_on(answer)
    assert this.get(PAGE).status_code == 200
    assert [other.get(PAGE).status_code for other in others] == [302, 302, 302]


def test_signing_out_everywhere_else_ends_what_programs_have_begun(
    owner: Membership, anyone: RestClient
) -> None:
    body = {"email": owner.user.email, "password": PASSWORD}
    refresh = anyone.post("/auth/token", body).json()["refresh"]
    browser = browser_of(owner)
    assert "1 program has signed in over the REST API" in words_on(browser.get(PAGE))
    browser.post("/console/-/sessions/end-others")
    assert "over the REST API" not in words_on(browser.get(PAGE))
    assert anyone.post("/auth/token/refresh", {"refresh": refresh}).status_code == 401


def test_somebody_elses_session_cannot_be_ended(owner: Membership, outsider: Membership) -> None:
    theirs = browser_of(outsider)
    assert theirs.get(PAGE).status_code == 200
    digest = Session.objects.get(user=outsider.user).digest
    browser_of(owner).post(f"/console/-/sessions/{digest}/end")
    browser_of(owner).post("/console/-/sessions/end-others")
    assert theirs.get(PAGE).status_code == 200


def test_following_a_link_ends_nothing(owner: Membership) -> None:
    this, other = browser_of(owner), browser_of(owner)
    for session in Session.objects.filter(user=owner.user):
        assert this.get(f"/console/-/sessions/{session.digest}/end").status_code == 303
    assert this.get("/console/-/sessions/end-others").status_code == 303
    assert other.get(PAGE).status_code == 200


def test_many_sessions_cost_as_much_as_few(owner: Membership) -> None:
    browser, costs, sizes = browser_of(owner), [], []
    for sessions in (20, 100):
        for _ in range(sessions):
            browser_of(owner)
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(PAGE)
        costs.append(len(queries))
        sizes.append(len(answer.content))
    assert costs[0] == costs[1]
    assert max(sizes) < 36_000
    assert "Only the 15 newest are shown." in words_on(answer)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        (EDGE, "Edge on Windows"),
        ("curl/8.0", "curl/8.0"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_called_by_its_name(user_agent: str, words: str) -> None:
    assert device_words(user_agent) == words
