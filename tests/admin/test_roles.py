"""What each role may open below ``/admin``, as a table, and that everything else is refused.

The addresses are walked from the URL configuration: one that stands in no table fails here.
"""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, User
from accounts.staff import MAY, Act, StaffRole
from tests.admin.staff import browser_of, make_staff
from tests.admin.world import addresses_of, parts_of, things_of
from tests.conftest import PASSWORD
from tests.organizations.rows import all_rows
from tokens.services.issue import IssuedToken

VIEWED = {"changelist", "export.csv", "export.json", "change", "history"}
"""Pages of a model that every role sees."""
VIEWED_OF_SITE = {"index"}

SUPPORT, LEAD = StaffRole.SUPPORT, StaffRole.LEAD
DONE: dict[str, set[StaffRole]] = {
    "who-is-this-token": {SUPPORT, LEAD},
    "tokens_token_revoke": {SUPPORT, LEAD},
    "tokens_token_bulk": {SUPPORT, LEAD},
    "accounts_serviceaccount_disable": {SUPPORT, LEAD},
    "accounts_serviceaccount_bulk": {SUPPORT, LEAD},
    "tokens_token_expiry": {LEAD},
    "accounts_serviceaccount_enable": {LEAD},
    "accounts_organization_new": {LEAD},
    "accounts_organization_invite": {LEAD},
    "accounts_organization_suspend": {LEAD},
    "accounts_organization_resume": {LEAD},
    "accounts_membership_role": {LEAD},
    "accounts_membership_remove": {LEAD},
    "accounts_invitation_link": {LEAD},
    "accounts_invitation_revoke": {LEAD},
}
"""Pages on which something is done, and who may: an auditor nowhere."""
ELSEWHERE = {
    "tokens_token_bulk": 303,
    "accounts_serviceaccount_bulk": 303,
    "accounts_bulkrun_export.csv": 404,
    "accounts_bulkrun_export.json": 404,
}
"""What is answered otherwise than by a page: what was chosen has to be sent along to a ``bulk``
address, and runs are not exported."""

DJANGOS = (
    "login/", "logout/", "password_change/", "password_change/done/", "autocomplete/", "jsi18n/",
    "r/1/1/", "accounts/", "tokens/", "auth/", "auth/user/", "accounts/user/add/",
    "accounts/user/{accounts_user}/change/", "accounts/user/{accounts_user}/delete/",
    "accounts/user/{accounts_user}/history/", "accounts/user/{accounts_user}/password/",
    "tokens/token/add/", "tokens/token/{tokens_token}/change/",
    "tokens/token/{tokens_token}/delete/", "auth/group/add/", "auth/group/{auth_group}",
    "auth/group/{auth_group}/change/", "accounts/session/1", "accounts/attempt/1",
    "accounts/keyfingerprint/k1", "tokens/stashedsecret/{tokens_token}",
    "accounts/totpstep/{accounts_user}", "tokens/token/export.xml", "accounts/session/export.csv",
    "mfa/authenticator/", "admin/logentry/", "sites/site/", "contenttypes/contenttype/",
)  # fmt: skip
"""Django's own addresses, and such as other models would have."""

WHO: dict[str, StaffRole | None] = {
    "nobody": None,
    "member": None,
    "auditor": StaffRole.AUDITOR,
    "support": StaffRole.SUPPORT,
    "lead": StaffRole.LEAD,
    "superuser": StaffRole.LEAD,
}


@pytest.fixture
def things(admin: Membership, ci: IssuedToken) -> dict[str, object]:
    """One thing of each kind."""
    return things_of(admin, ci)


@pytest.fixture(params=WHO)
def who(request: pytest.FixtureRequest) -> str:
    """Each sort of visitor."""
    return str(request.param)


@pytest.fixture
def browser(who: str, owner: Membership) -> Client:
    """The browser of the visitor; a member is the owner of `acme`, no less."""
    role = WHO[who]
    if who == "nobody":
        return Client()
    if who == "member":
        return browser_of(owner.user)
    if who == "superuser":
        return browser_of(User.objects.create_superuser("root@staff.test", PASSWORD))
    assert role is not None
    return browser_of(make_staff(role))


def is_viewed(name: str) -> bool:
    return name in VIEWED_OF_SITE or (name not in DONE and parts_of(name)[1] in VIEWED)


def expected(who: str, name: str) -> int:
    """Return the status with which a GET of a page is answered."""
    role = WHO[who]
    if role is None:
        return 302 if who == "nobody" else 403
    if not is_viewed(name) and role not in DONE[name]:
        return 403
    return ELSEWHERE.get(name, 200)


def without_visits() -> Any:
    """Return all rows but the sessions, which note when they were seen."""
    return {row: values for row, values in all_rows().items() if row[0] != "accounts.Session"}


def test_every_address_stands_in_a_table(things: dict[str, object]) -> None:
    names = addresses_of(things).keys()
    assert [name for name in names if not is_viewed(name) and name not in DONE] == []
    assert DONE.keys() - names == set()


def test_each_page_opens_to_those_of_the_table_alone(
    who: str, browser: Client, things: dict[str, object]
) -> None:
    pages = addresses_of(things)
    assert len(pages) > 40
    found = {name: browser.get(address).status_code for name, address in pages.items()}
    assert found == {name: expected(who, name) for name in pages}


def test_nobody_is_sent_to_sign_in_and_back(things: dict[str, object]) -> None:
    for address in addresses_of(things).values():
        answer = Client().get(address)
        assert answer.headers["Location"].startswith("/console/-/sign-in?next=%2Fadmin%2F")


def test_a_form_that_is_sent_all_the_same_is_refused_and_changes_nothing(
    who: str, browser: Client, things: dict[str, object], ci: IssuedToken
) -> None:
    pages = addresses_of(things)
    refused = 401 if who == "nobody" else 403
    typed = {
        "reason": "I want to", "all": "1", "role": "owner", "expires": "never",
        "secret": str(ci.secret), "name": "New", "slug": "new", "email": "eve@new.test",
    }  # fmt: skip
    before = without_visits()
    for name, roles in DONE.items():
        if WHO[who] not in roles:
            typed["act"] = "disable" if "serviceaccount" in name else "revoke"
            assert browser.post(pages[name], typed).status_code == refused, name
    assert without_visits() == before


def test_what_is_only_looked_at_changes_nothing_by_a_form_either(
    lead: Client, things: dict[str, object]
) -> None:
    pages = [address for name, address in addresses_of(things).items() if is_viewed(name)]
    before = without_visits()
    for address in pages:
        assert lead.post(address, {"reason": "I want to"}).status_code in {200, 403, 404}, address
    assert without_visits() == before


def test_no_other_address_is_there(who: str, browser: Client, things: dict[str, object]) -> None:
    refused = {"nobody": {302, 404}, "member": {403, 404}}.get(who, {404})
    for route in DJANGOS:
        address = f"/admin/{route.format(**things)}"
        assert browser.get(address).status_code in refused, address


def test_djangos_forms_write_nothing(
    who: str, browser: Client, things: dict[str, object], admin: Membership
) -> None:
    refused = {"nobody": {401, 404}, "member": {403, 404}}.get(who, {404})
    typed = {
        "username": admin.user.email or "", "password": PASSWORD, "email": "other@acme.test",
        "name": "Other", "is_staff": "on", "is_superuser": "on", "post": "yes",
        "action": "delete_selected", "_selected_action": str(things["tokens_token"]),
    }  # fmt: skip
    lists = [each for name, each in addresses_of(things).items() if name.endswith("_changelist")]
    before = without_visits()
    for address in [*(f"/admin/{route.format(**things)}" for route in DJANGOS), *lists]:
        assert browser.post(address, typed).status_code in refused, address
    assert without_visits() == before


def test_a_role_of_the_tables_is_one_of_the_product() -> None:
    """What the tables call a role's is what ``accounts/staff.py`` grants by an act."""
    assert MAY[StaffRole.AUDITOR] == frozenset()
    assert MAY[StaffRole.SUPPORT] == {Act.LOOK_UP, Act.REVOKE, Act.DISABLE}
    assert MAY[StaffRole.LEAD] == frozenset(Act)
