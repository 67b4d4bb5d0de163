"""People who sign in to the console at an external issuer, and what they may enter there.

They are the same (issuer, subject) that the REST API knows by the issuer's JWTs, and the
issuer may speak for the same organizations.
"""

from accounts.issuers.identity import Identity
from accounts.issuers.reading import Claimed
from accounts.issuers.trust import trusted_issuers
from accounts.models import ExternalIdentity, Membership, Organization, User
from accounts.services.acting import memberships_of
from accounts.services.outsiders import membership_claimed
from accounts.services.sign_in import Origin


def person_signing_in(origin: Origin, identity: Identity) -> User | None:
    """Return the active person of this identity who has something to enter; None for others.

    Nobody with a login here is found: an issuer vouches for its own people alone.

    Who is not known yet is taken in where the issuer's configuration says so, and the ID
    token names the organization.
    """
    if identity.organization is not None:
        membership_claimed(
            origin,
            Claimed(
                issuer=identity.issuer,
                subject=identity.subject,
                organization=identity.organization,
                ends_at=identity.ends_at,
                name=identity.name,
                email=identity.email,
            ),
        )
    found = (
        ExternalIdentity.objects.select_related("user")
        .filter(issuer=identity.issuer.issuer, subject=identity.subject, user__is_active=True)
        .first()
    )
    is_theirs = found is not None and found.user.comes_from_outside
    if found is None or not is_theirs or not open_memberships(found.user):
        return None
    return found.user


def open_memberships(user: User) -> list[Membership]:
    """Return where a person is a member and may enter, by the organizations' names."""
    return [one for one in memberships_of(user) if may_enter(user, one.organization)]


def may_enter(user: User, organization: Organization) -> bool:
    """Say whether a member's way of signing in opens this organization.

    A password opens all of theirs. Who comes from outside enters what their issuer may speak
    for at the moment, as at the REST API.
    """
    if not user.comes_from_outside:
        return True
    trusted = trusted_issuers()
    names = user.identities.values_list("issuer", flat=True)
    return any(trusted[name].speaks_for(organization.id) for name in names if name in trusted)
