"""Fills an installation with what pages show, and prints, as JSON, how to get at it.

Run as ``python -m tests.process tests.browser.seed``, in the environment of the installation.
The screenshots show it as well, so what stands in `acme` reads like somebody's.
"""

import json
import sys
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.actor import Actor
from accounts.issuers.trust import trusted_issuers
from accounts.models import (
    Membership,
    Organization,
    RefreshFamily,
    ServiceAccount,
    TotpStep,
    User,
)
from accounts.roles import Role
from accounts.services.acting import actor_of
from accounts.services.bulk_runs import make_run
from accounts.services.invitations import invite, revoke_invitation
from accounts.services.memberships import take_in
from accounts.services.once import Once
from accounts.services.organizations import found_organization
from accounts.services.outsiders import take_in_outsider
from accounts.services.service_accounts import create_service_account, disable_service_account
from accounts.services.sign_in import Origin
from accounts.services.staff import set_staff_role
from accounts.staff import Act, StaffRole
from tests.browser.people import PASSWORD, PEOPLE, SECOND_FACTORS, STAFF, SUBJECT, email
from tests.second_factors.factors import enrol_app
from tokens.models import StashedSecret, Token, TokenUsage, TokenUse
from tokens.services.forward_keys import ready_keys
from tokens.services.issue import NewToken, issue_token
from tokens.services.revoke import revoke_token
from tokens.services.stash import issue_to_page

ACCOUNTS = {
    "Status page": ["read:releases"],
    "Backup": ["read:instances"],
    "Nightly tests": ["read:*"],
    "Deploy": ["write:releases", "read:deployment_zones"],
}
ODD_NAMES = [
    "<script>alert(1)</script>",
    "\N{CJK UNIFIED IDEOGRAPH-6F22}" * 200,
    "\N{HEBREW LETTER SHIN}\N{HEBREW LETTER LAMED}\N{HEBREW LETTER VAV}\N{HEBREW LETTER FINAL MEM}",
    "\N{ROCKET}\N{PACKAGE}",
]
MANY = 25
"""Rows of a list that has more than one page."""


def main() -> None:
    """Make the organizations, and sign everybody in."""
    acme = organization("acme", "Acme")
    for person, (name, role) in PEOPLE.items():
        take_in(system(acme), acme, Role(role), email=email(person), name=name, password=PASSWORD)
    ada = actor(acme, "ada")
    fill(ada)
    crowd(organization("crowded", "Crowded"))
    organization("quiet", "Quiet")
    left = organization("left", "Left")
    Organization.objects.filter(pk=left.pk).update(suspended_at=timezone.now())
    User.objects.create_user(email("alone"), PASSWORD, name="Alone")
    strict = organization("strict", "Strict")
    for person in SECOND_FACTORS:
        take_in(system(strict), strict, Role.DEVELOPER, email=email(person), password=PASSWORD)
    Organization.objects.filter(pk=strict.pk).update(requires_second_factor=True)
    take_in_outsider(
        system(acme),
        acme,
        Role.DEVELOPER,
        issuer=next(iter(trusted_issuers())),
        subject=SUBJECT,
        name="Sam Field",
    )
    for person, role in STAFF.items():
        hire(person, StaffRole(role))
    people = [*PEOPLE, "alone", *SECOND_FACTORS]
    made: dict[str, Any] = {
        "cookie": settings.SESSION_COOKIE_NAME,
        "sessions": {person: signed_in(person) for person in people}
        | {person: proved(person) for person in STAFF},
        "totp": enrol_app(user("mia")),
        "places": {person: str(user(person).pk) for person in people} | invitations(ada),
    }
    made["places"]["factor"] = str(Authenticator.objects.get(user=user("mia")).pk)
    behind(ada)
    json.dump(made, sys.stdout)


def user(person: str) -> User:
    """Return one of ``PEOPLE``."""
    return User.objects.get(email=email(person))


def slug_of(name: str) -> str:
    """Return what the addresses of this world call a thing of this name."""
    return name.lower().replace(" ", "-")


def system(organization: Organization) -> Actor:
    """Return the operator, in this organization."""
    return Actor.system(organization.id)


def actor(organization: Organization, person: str) -> Actor:
    """Return one of its members, who acts in a browser."""
    rows = Membership.objects.select_related("organization", "user")
    membership = rows.get(organization=organization, user__email=email(person))
    origin = Origin(request_id="seed", address="192.0.2.10")
    return actor_of(membership, origin, timezone.now() + timedelta(hours=1))


def organization(slug: str, name: str) -> Organization:
    """Make an organization that Ada owns."""
    return found_organization(
        slug=slug,
        name=name,
        owner_email=email("ada"),
        owner_name=PEOPLE["ada"][0],
        password=PASSWORD,
    ).organization


def signed_in(person: str) -> str:
    """Return the key of a new session of ``person``."""
    client = Client()
    client.force_login(user(person))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def hire(person: str, role: StaffRole) -> None:
    """Make somebody one of the support staff."""
    name = f"{person.title()} of the support"
    set_staff_role(User.objects.create_user(email(person), PASSWORD, name=name), role)


def proved(person: str) -> str:
    """Return the key of a session that ``person`` has begun by their password."""
    client = Client(SERVER_NAME="localhost")
    client.post("/console/-/sign-in", {"email": email(person), "password": PASSWORD})
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def behind(ada: Actor) -> None:
    """Give the admin's lists of what stands behind it all a row each, where they have none."""
    member = Membership.objects.get(organization__slug="acme", user=user("bo"))
    RefreshFamily.objects.create(
        membership=member, digest=bytes(32), expires_at=timezone.now() + timedelta(days=1)
    )
    TotpStep.objects.create(user=user("mia"), step=1)
    token = Token.objects.get(organization_id=ada.organization_id, name="Laptop")
    make_run(user("lea"), Act.REVOKE, [token.pk], has_more=False)


def fill(ada: Actor) -> None:
    """Give `acme` accounts, and one of them a token in each state."""
    retired = create_service_account(ada, name="Retired", slug="retired", scopes=["read:*"])
    give(ada, retired, "Last one")
    disable_service_account(ada, retired)
    made = {
        name: create_service_account(ada, name=name, slug=slug_of(name), scopes=scopes)
        for name, scopes in ACCOUNTS.items()
    }
    deploy = made["Deploy"]
    give(ada, deploy, "Production", used=timedelta(minutes=2))
    give(ada, deploy, "Staging", ends=timedelta(days=5))
    give(ada, deploy, "Laptop", ends=timedelta(days=90), used=timedelta(days=40))
    now = timezone.now()
    over = give(ada, deploy, "Trial", ends=timedelta(days=7))
    Token.objects.filter(pk=over.pk).update(
        created_at=now - timedelta(days=9), expires_at=now - timedelta(days=2)
    )
    old = give(ada, deploy, "Old runner")
    revoke_token(ada, old)
    TokenUsage.objects.create(token=old, last_refused_at=timezone.now())
    TokenUse.objects.create(
        token=old, kind="address", value="203.0.113.0/24", first_at=now, last_at=now, count=7
    )
    ready_keys()
    give(ada, made["Backup"], "Every night", scopes=None)
    for name in ("Waiting", "Never seen"):
        asked = NewToken(name=name, slug=slug_of(name), scopes=["read:releases"])
        issue_to_page(ada, made["Nightly tests"], asked, name, Once(name, {}))
    StashedSecret.objects.filter(token__name="Never seen").update(expires_at=now, sealed="")


def crowd(organization: Organization) -> None:
    """Give an organization more than a page shows, and names that are hard to show."""
    ada = actor(organization, "ada")
    for number in range(MANY):
        create_service_account(ada, name=f"Runner {number:02}", scopes=["read:*", "write:*"])
        take_in(ada, organization, Role.VIEWER, email=f"{number:02}@example.com")
    account = create_service_account(ada, name="Odd", slug="odd", scopes=["read:releases"])
    for number in range(MANY):
        issue_token(ada, account, name=f"Token {number:02}", scopes=["read:releases"])
    for number, name in enumerate(ODD_NAMES):
        create_service_account(ada, name=name, slug=f"odd-{number}", description=name * 4)
        issue_token(ada, account, name=name, slug=f"odd-{number}", scopes=["read:*"])


def give(
    actor: Actor,
    account: ServiceAccount,
    name: str,
    *,
    ends: timedelta | None = None,
    used: timedelta | None = None,
    scopes: list[str] | None = ["read:releases"],  # noqa: B006 - never changed
) -> Token:
    """Give ``account`` a token that ends, and was last used, that long from now."""
    now = timezone.now()
    expires_at = None if ends is None else now + ends
    issued = issue_token(
        actor, account, name=name, slug=slug_of(name), scopes=scopes, expires_at=expires_at
    )
    if used is not None:
        TokenUsage.objects.create(token=issued.token, last_used_at=now - used)
    return issued.token


def invitations(ada: Actor) -> dict[str, str]:
    """Make invitations, and return what their addresses hold: an id, and marks of links."""
    pending = invite(ada, role=Role.DEVELOPER, email="new@example.com")
    over = invite(ada, role=Role.VIEWER)
    revoke_invitation(ada, over.invitation)
    return {
        "invitation": str(pending.invitation.pk),
        "revoked_invitation": str(over.invitation.pk),
        "mark": pending.mark,
        "open_mark": invite(ada, role=Role.VIEWER).mark,
        "known_mark": invite(ada, role=Role.VIEWER, email=email("alone")).mark,
        "over_mark": over.mark,
    }


if __name__ == "__main__":
    main()
