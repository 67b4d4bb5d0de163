"""Search in the admin: what finds an organization, an account and a token, and what does not."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Organization, ServiceAccount
from tests.admin.lists import ACCOUNTS, ORGANIZATIONS, TOKENS, listed, make_account, make_token
from tests.console.pages import words_on
from tokens.models import Token
from tokens.services.issue import IssuedToken

NOTHING = ["", " ", "\0", "a\0b"]
ODD = ["%", "_", "\\", "'", '"', "\u202e", "x" * 5000, "\ud55c" * 300, "{"]


@pytest.fixture
def token(deploy: ServiceAccount, outsider: Membership) -> Token:
    """A token to be found, beside others that begin otherwise."""
    make_token(make_account(outsider, "robot"), "other", prefix="wdk_Zzzz")
    make_token(deploy, "another-nightly-build", prefix="wdk_Yyyy")
    return make_token(deploy, "nightly-build", name="Nightly Straße", prefix="wdk_Ab1C")


@pytest.mark.parametrize(
    "sought",
    ["Nightly", "nightly STRASSE", "nightly-b", "NIGHTLY-", "wdk_Ab1C", "wdk_Ab", "wdk_Ab1Cdefg"],
)
def test_a_token_is_found_by_the_start_of_its_name_slug_or_prefix(
    auditor: Client, token: Token, sought: str
) -> None:
    assert listed(auditor, TOKENS, q=sought) == ["Nightly Straße"]
    assert listed(auditor, TOKENS, q=f"  {sought} ") == ["Nightly Straße"]


def test_a_token_is_found_by_its_id(auditor: Client, token: Token) -> None:
    assert listed(auditor, TOKENS, q=str(token.pk)) == ["Nightly Straße"]
    assert listed(auditor, TOKENS, q=token.pk.hex.upper()) == ["Nightly Straße"]


@pytest.mark.parametrize("sought", ["build", "ightly", "deploy"])
def test_a_token_is_not_found_by_what_is_within(auditor: Client, token: Token, sought: str) -> None:
    assert listed(auditor, TOKENS, q=sought) == []


def test_a_long_name_is_found_by_the_whole_of_it(auditor: Client, deploy: ServiceAccount) -> None:
    name = "A name of a hundred characters " * 4
    make_token(deploy, "one", name=f"{name}one")
    make_token(deploy, "two", name=f"{name}two")
    assert listed(auditor, TOKENS, q=f"{name}two") == [f"{name}two"]


@pytest.mark.parametrize("address", [TOKENS, ACCOUNTS, ORGANIZATIONS])
@pytest.mark.parametrize("sought", ODD, ids=lambda sought: f"{sought[:6]!a}")
def test_odd_texts_find_nothing_and_break_nothing(
    auditor: Client, token: Token, address: str, sought: str
) -> None:
    assert listed(auditor, address, q=sought) == []


@pytest.mark.parametrize("sought", NOTHING, ids=ascii)
def test_nothing_sought_is_the_whole_list(auditor: Client, token: Token, sought: str) -> None:
    assert len(listed(auditor, TOKENS, q=sought)) == Token.objects.count()


@pytest.mark.parametrize("address", [TOKENS, ACCOUNTS, ORGANIZATIONS, "/admin/accounts/user/"])
@pytest.mark.parametrize("member", ["q", "organization", "odd"])
def test_a_secret_is_not_searched_for_or_shown_again(
    auditor: Client, ci: IssuedToken, address: str, member: str
) -> None:
    secret = str(ci.secret)
    for end in ("", "export.csv"):
        answer = auditor.get(f"{address}{end}", {member: f"is it {secret}?"})
        assert answer.status_code == 302
        assert secret not in answer["Location"]
    answer = auditor.get(address, {member: secret}, follow=True)
    assert secret not in answer.content.decode()
    assert "Who is this token?" in words_on(answer)
    assert "holds a secret" in words_on(answer)


@pytest.mark.parametrize("sought", ["Deploy", "dep", "DEPLOY", "ext-7", "owner@acme.test"])
def test_an_account_is_found(
    auditor: Client, deploy: ServiceAccount, outsider: Membership, sought: str
) -> None:
    make_account(outsider, "robot", name="My deploy")
    ServiceAccount.objects.filter(pk=deploy.pk).update(external_id="ext-7")
    assert listed(auditor, ACCOUNTS, q=sought) == ["Deploy"]
    assert listed(auditor, ACCOUNTS, q=str(deploy.pk)) == ["Deploy"]


def test_an_account_is_not_found_by_half_an_external_id_or_address(
    auditor: Client, deploy: ServiceAccount
) -> None:
    ServiceAccount.objects.filter(pk=deploy.pk).update(external_id="ext-7")
    assert listed(auditor, ACCOUNTS, q="ext") == []
    assert listed(auditor, ACCOUNTS, q="owner@acme") == []


@pytest.mark.parametrize("sought", ["acm", "CME", "acme", "Owner@ACME.test", "crm-5"])
def test_an_organization_is_found(
    auditor: Client, owner: Membership, outsider: Membership, sought: str
) -> None:
    Organization.objects.filter(pk=owner.organization_id).update(external_id="crm-5")
    assert listed(auditor, ORGANIZATIONS, q=sought) == ["Acme"]
    assert listed(auditor, ORGANIZATIONS, q=str(owner.organization_id)) == ["Acme"]


def test_who_was_removed_leads_nowhere(auditor: Client, admin: Membership) -> None:
    email = admin.user.email or ""
    assert listed(auditor, ORGANIZATIONS, q=email) == ["Acme"]
    Membership.objects.filter(pk=admin.pk).update(removed_at=timezone.now())
    assert listed(auditor, ORGANIZATIONS, q=email) == []


def test_each_way_of_finding_ends(
    auditor: Client, deploy: ServiceAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.admin.finding.MOST_FOUND", 2)
    for number in range(5):
        make_token(deploy, f"token-{number}")
    assert listed(auditor, TOKENS, q="token-") == ["token-1", "token-0"]
    exported = auditor.get(f"{TOKENS}export.csv", {"q": "token-"}).getvalue().decode()
    assert all(f"token-{number}" in exported for number in range(5)), "an export has all"
