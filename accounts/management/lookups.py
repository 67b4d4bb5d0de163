"""Things as a command line names them: organizations by slug, people by login or issuer."""

from accounts.management.refusals import Refused
from accounts.models import Membership, Organization, User
from accounts.names import canonical_email


def organization_called(slug: str) -> Organization:
    """Return the organization that has this slug now.

    Raises:
        Refused: none has; a deleted one has no slug any more.
    """
    found = Organization.objects.filter(slug=slug, deleted_at=None).first()
    if found is None:
        was = Organization.objects.filter(slug=slug).exists()
        raise Refused(f'The organization "{slug}" {"was deleted" if was else "does not exist"}.')
    return found


def person_called(email: str) -> User:
    """Return the person with this login.

    Raises:
        Refused: nobody has it.
    """
    found = User.objects.filter(email=canonical_email(email)).first()
    if found is None:
        raise Refused(f"Nobody has the login {email}.")
    return found


def membership_of(email: str, organization: Organization) -> Membership:
    """Return the membership of the person with this e-mail address, ended or not.

    Raises:
        Refused: the person has never been a member.
    """
    rows = Membership.objects.select_related("user", "organization")
    found = rows.filter(user__email=canonical_email(email), organization=organization).first()
    if found is None:
        raise Refused(f'{email} is not a member of "{organization.slug}".')
    return found


def membership_from_outside(issuer: str, subject: str, organization: Organization) -> Membership:
    """Return the membership of the person whom ``issuer`` calls ``subject``, ended or not.

    Raises:
        Refused: the person has never been a member.
    """
    rows = Membership.objects.select_related("user", "organization")
    found = rows.filter(
        user__identities__issuer=issuer,
        user__identities__subject=subject,
        organization=organization,
    ).first()
    if found is None:
        raise Refused(f'{subject} of {issuer} is not a member of "{organization.slug}".')
    return found
