"""Organizations: created with their first owner, and deleted."""

import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actor import Actor
from accounts.errors import NameInUse
from accounts.events import emit
from accounts.inputs import BadInput, Inputs, clean_external_id, clean_name, clean_slug, optional
from accounts.models import Organization, User
from accounts.roles import Role
from accounts.services.memberships import place_member


@dataclass(frozen=True, slots=True)
class Ensured:
    """What an idempotent command left behind: the organization, and whether it made it."""

    organization: Organization
    created: bool


@transaction.atomic(durable=True)
def ensure_organization(
    *, slug: str, name: str, owner: User, external_id: str | None = None
) -> Ensured:
    """Make sure that the organization exists and that ``owner`` is one of its owners.

    An organization that is there already keeps its name and external id.

    Raises:
        InvalidRequest: a value is not allowed.
        NameInUse: another organization has the external id.
    """
    inputs = Inputs()
    slug = inputs.take("slug", slug, clean_slug)
    name = inputs.take("name", name, clean_name)
    external_id = inputs.take("externalId", external_id, optional(clean_own_external_id))
    inputs.refuse()
    organization = Organization.objects.filter(slug=slug, deleted_at=None).first()
    created = organization is None
    if organization is None:
        organization = _create(slug, name, external_id)
        emit(
            Actor.system(organization.id),
            "organization.created",
            organization,
            {"name": (None, name), "external_id": (None, external_id)},
        )
    place_member(Actor.system(organization.id), organization, owner, Role.OWNER)
    return Ensured(organization, created)


@transaction.atomic(durable=True)
def delete_organization(actor: Actor, organization: Organization) -> None:
    """Delete the organization: every credential of it is refused from then on.

    Nothing happens when it is deleted already. Its rows stay, for the record; its slug
    and external id are free again.
    """
    actor.require("write:organizations")
    actor.require_home(organization.id)
    held = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if held.deleted_at is None:
        held.deleted_at = timezone.now()
        held.save(update_fields=["deleted_at"])
        emit(actor, "organization.deleted", held)


def _create(slug: str, name: str, external_id: str | None) -> Organization:
    organization = Organization(slug=slug, name=name, external_id=external_id)
    try:
        with transaction.atomic():
            organization.save(force_insert=True)
    except IntegrityError:
        raise NameInUse("An organization with this slug or external id exists.") from None
    return organization


def clean_own_external_id(text: str) -> str:
    """Return an external id that cannot be taken for an organization's own id."""
    kept = clean_external_id(text)
    try:
        uuid.UUID(kept)
    except ValueError:
        return kept
    raise BadInput({"": "must not be a UUID: it would look like an organization's own id"})
