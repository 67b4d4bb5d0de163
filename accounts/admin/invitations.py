"""Invitations in the admin: where they were sent and what became of them; never the link."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.cells import NOTHING, badge, link_to, when
from accounts.admin.doors import StaffRequest
from accounts.admin.filters import Filter, OrganizationFilter
from accounts.admin.organization_acts import INVITATION_ACTS
from accounts.admin.person_filters import RoleFilter
from accounts.admin.records import Record
from accounts.admin.summaries import Summary
from accounts.models import Invitation
from accounts.names import canonical_email


class InvitationStatusFilter(Filter):
    """What became of an invitation."""

    title, parameter_name = "Status", "status"
    choices_offered = (
        ("pending", "Pending"),
        ("accepted", "Accepted"),
        ("revoked", "Revoked"),
        ("expired", "Expired"),
    )

    def let_through(self, rows: Any, value: str) -> Any:
        """Return those of which that is true now."""
        now = timezone.now()
        if value == "pending":
            return rows.pending(now)
        if value == "expired":
            return rows.filter(accepted_at=None, revoked_at=None, expires_at__lte=now)
        return rows.filter(**{f"{value}_at__isnull": False})


class InvitationRecord(Record):
    """Every invitation that was not cleaned up yet."""

    is_main = False
    sought = "E-mail address from its start"
    list_display = ("sent_to", "organization", "role", "status", "invited_by", "created", "expires")
    list_filter: ClassVar[tuple[Any, ...]] = (
        OrganizationFilter,
        RoleFilter,
        InvitationStatusFilter,
    )
    ordering = ("-created_at", "-id")
    act_pages = INVITATION_ACTS
    export_fields = (
        "id", "organization__slug", "role", "email", "inviter_name", "created_at", "expires_at",
        "accepted_at", "revoked_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        """Return every organization's."""
        return Invitation.objects.for_staff().select_related("organization", "inviter")

    def find(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Return those that were sent to an address that begins so."""
        return rows.filter(email__startswith=canonical_email(text))

    def summary(self, request: StaffRequest, thing: Invitation) -> Summary:
        """Return what the page of an invitation shows."""
        return Summary(
            facts=[
                ("Organization", self.organization(thing)),
                ("Role", self.role(thing)),
                ("For", thing.email or "Whoever has the link"),
                ("Invited by", self.invited_by(thing)),
                ("Status", self.status(thing)),
                ("Created", self.created(thing)),
                ("Expires", self.expires(thing)),
                ("Accepted", when(thing.accepted_at)),
                ("Revoked", when(thing.revoked_at)),
                ("Id", thing.id),
            ],
            entries=self.newest_of(thing),
        )

    def sent_to(self, row: Invitation) -> Any:
        """Return where it was sent, which leads to its page."""
        return link_to(row, row.email or "Handed on")

    def organization(self, row: Invitation) -> Any:
        """Return whereto it invites."""
        return link_to(row.organization)

    def role(self, row: Invitation) -> Any:
        """Return as what."""
        return row.get_role_display()

    def status(self, row: Invitation) -> Any:
        """Return what became of it."""
        if row.accepted_at is not None:
            return badge("Accepted", "ok")
        if row.revoked_at is not None:
            return badge("Revoked", "off")
        is_pending = row.is_pending(timezone.now())
        return badge("Pending", "soon") if is_pending else badge("Expired", "off")

    def invited_by(self, row: Invitation) -> Any:
        """Return who made it: a person, or the operator or the staff, who are none."""
        return link_to(row.inviter, row.inviter_name or NOTHING)

    def created(self, row: Invitation) -> Any:
        """Return since when."""
        return when(row.created_at)

    def expires(self, row: Invitation) -> Any:
        """Return until when it can be accepted."""
        return when(row.expires_at)
