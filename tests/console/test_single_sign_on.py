"""Single sign-on by OpenID Connect, at a real provider."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.test import Client

from accounts.actor import Actor
from accounts.models import AuditEvent, ExternalIdentity, Membership, Organization, User
from accounts.roles import Role
from accounts.services.memberships import remove_member
from accounts.services.outsiders import take_in_outsider
from tests.clients import RestClient
from tests.console.provider import Provider
from tests.console.sign_on import BEGIN, PAGE, sign_on
from tests.issuers.issuer import GONE, signed


def test_a_member_signs_in(client: Client, ada: Membership, provider: Provider) -> None:
    answer = sign_on(client)
    assert (answer.status_code, answer["Location"]) == (303, "/console/")
    assert client.get(PAGE).status_code == 200
    assert provider.faults == []


def test_the_sign_in_page_leads_there(client: Client, ada: Membership) -> None:
    page = client.get(f"/console/-/sign-in?next={PAGE}").content.decode()
    assert f'href="{BEGIN}?next=%2Fconsole%2Facme%2Fservice-accounts"' in page
    assert "Continue with Test login" in page
    assert sign_on(client, f"{BEGIN}?next={PAGE}")["Location"] == PAGE


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/api/whoami"])
def test_it_leads_nowhere_else(client: Client, ada: Membership, elsewhere: str) -> None:
    assert sign_on(client, f"{BEGIN}?next={elsewhere}")["Location"] == "/console/"


def test_it_is_the_person_of_the_issuers_jwts(client: Client, ada: Membership) -> None:
    sign_on(client)
    assert client.get("/console/-/profile").status_code == 200
    assert User.objects.filter(identities__subject="ada").get() == ada.user
    started = AuditEvent.objects.get(action="session.started")
    assert (started.actor_id, started.changes["by"]["after"]) == (ada.user_id, "issuer")


def test_the_same_identity_is_known_at_the_api(
    acme: Organization, ada: Membership, provider: Provider
) -> None:
    jwt = signed(acme.id, iss=provider.url, aud="wardkey-api")
    assert RestClient(credential=jwt).get("/whoami").status_code == 200


def test_an_email_address_joins_nobody(
    client: Client, owner: Membership, provider: Provider
) -> None:
    provider.claims = {"email": owner.user.email, "email_verified": True}
    answer = sign_on(client)
    assert answer.status_code == 403
    assert client.get(PAGE).status_code == 302
    assert not ExternalIdentity.objects.exists()


def test_an_unknown_person_is_told_what_to_ask_for(
    client: Client, acme: Organization, provider: Provider
) -> None:
    provider.subject = "grace<b>"
    answer = sign_on(client)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert provider.url in page
    assert "grace&lt;b&gt;" in page
    assert not User.objects.filter(identities__isnull=False).exists()


def test_a_removed_member_is_unknown(client: Client, acme: Organization, ada: Membership) -> None:
    remove_member(Actor.system(acme.id), acme, ada.user)
    assert sign_on(client).status_code == 403
    assert client.get(PAGE).status_code == 302


def test_a_removed_members_session_opens_nothing(
    client: Client, acme: Organization, ada: Membership
) -> None:
    sign_on(client)
    remove_member(Actor.system(acme.id), acme, ada.user)
    assert client.get(PAGE).status_code == 404


def test_a_deactivated_person_is_unknown(client: Client, ada: Membership) -> None:
    User.objects.filter(pk=ada.user_id).update(is_active=False)
    assert sign_on(client).status_code == 403


def test_first_sight_takes_in_where_the_configuration_says_so(
    client: Client, acme: Organization, provider: Provider, settings: Any
) -> None:
    provider.claims = {"org_id": str(acme.id)}
    assert sign_on(client).status_code == 403
    settings.WARDKEY_ISSUERS = provider.configured(create_members=True)
    assert sign_on(client).status_code == 303
    assert Membership.objects.get(user__identities__subject="ada").role == Role.VIEWER


def test_first_sight_takes_nobody_into_another_organization(
    client: Client, acme: Organization, outsider: Membership, provider: Provider, settings: Any
) -> None:
    settings.WARDKEY_ISSUERS = provider.configured(
        create_members=True, organizations=[str(acme.id)]
    )
    provider.claims = {"org_id": str(outsider.organization_id)}
    assert sign_on(client).status_code == 403


def test_it_opens_the_organizations_that_the_issuer_speaks_for(
    client: Client, ada: Membership, outsider: Membership, provider: Provider, settings: Any
) -> None:
    rival = outsider.organization
    take_in_outsider(Actor.system(rival.id), rival, Role.VIEWER, issuer=provider.url, subject="ada")
    sign_on(client)
    assert client.get("/console/rival/service-accounts").status_code == 200
    settings.WARDKEY_ISSUERS = provider.configured(organizations=[str(ada.organization_id)])
    assert client.get("/console/rival/service-accounts").status_code == 404
    assert client.get(PAGE).status_code == 200
    assert "rival" not in client.get("/console/-/organizations").content.decode()


def test_an_issuer_that_is_trusted_no_more_opens_nothing(
    client: Client, ada: Membership, settings: Any
) -> None:
    sign_on(client)
    settings.WARDKEY_ISSUERS = ""
    assert client.get(PAGE).status_code == 404
    assert client.get(BEGIN).status_code == 404


def test_the_issuer_vouches_for_a_second_factor(client: Client, ada: Membership) -> None:
    Organization.objects.update(requires_second_factor=True)
    sign_on(client)
    assert client.get(PAGE).status_code == 200


def test_who_was_signed_in_before_is_not_any_more(
    client: Client, owner: Membership, ada: Membership
) -> None:
    client.force_login(owner.user)
    sign_on(client)
    assert "Ada" in client.get("/console/-/profile").content.decode()


def test_nothing_of_the_provider_is_kept(client: Client, ada: Membership) -> None:
    sign_on(client)
    for model in (EmailAddress, SocialAccount, SocialApp, SocialToken):
        assert not model.objects.exists()


def test_nobody_with_a_login_here_comes_in_by_an_issuer(
    client: Client, owner: Membership, provider: Provider
) -> None:
    ExternalIdentity.objects.create(user=owner.user, issuer=provider.url, subject="ada")
    assert sign_on(client).status_code == 403
    assert client.get(PAGE).status_code == 302


@pytest.mark.parametrize("answer", [[], "no", 7, None, {}])
def test_what_is_no_discovery_document_is_told_of_on_a_page(
    client: Client, ada: Membership, provider: Provider, answer: Any
) -> None:
    provider.discovered = answer
    assert client.get(BEGIN).status_code == 401


def test_an_issuer_that_gives_no_object_signs_nobody_in(
    client: Client, ada: Membership, provider: Provider
) -> None:
    provider.exchanged = ["access_token", "id_token"]
    assert sign_on(client).status_code == 401
    assert client.get(PAGE).status_code == 302


def test_an_issuers_people_are_asked_for_no_password(client: Client, ada: Membership) -> None:
    sign_on(client)
    for method in (client.get, client.post):
        assert method("/console/-/confirm").status_code == 403


def test_an_issuer_without_sign_in_is_no_door(
    client: Client, ada: Membership, provider: Provider, settings: Any
) -> None:
    settings.WARDKEY_ISSUERS = provider.configured(sign_in=GONE)
    assert client.get(BEGIN).status_code == 404
    assert "Continue with" not in client.get("/console/-/sign-in").content.decode()
