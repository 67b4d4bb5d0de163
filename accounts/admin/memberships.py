"""Members in the admin: who is in which organization, as what, and who has left."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.cells import NOTHING, badge, link_to, when
from accounts.admin.doors import StaffRequest
from accounts.admin.filters import Filter, OrganizationFilter
from accounts.admin.member_acts import MEMBER_ACTS
from accounts.admin.person_filters import PersonFilter, RoleFilter
from accounts.admin.records import Record
from accounts.admin.summaries import Summary
from accounts.models import AuditEvent, Membership
from accounts.names import canonical_email


class MemberStatusFilter(Filter):
    """Whether a membership still is."""

    title, parameter_name = "Status", "status"
    choices_offered = (("member", "Member"), ("removed", "Removed"))

    def let_through(self, rows: Any, value: str) -> Any:
        """Return those who are members, or who were."""
        return rows.filter(removed_at__isnull=value == "member")


class MembershipRecord(Record):
    """Every membership, ended ones too: their rows stay."""

    icon = "icons/people.svg"
    named = "Members"
    sought = "E-mail address from its start"
    list_display = ("member", "organization", "role", "status", "person", "joined", "removed")
    list_filter: ClassVar[tuple[Any, ...]] = (
        OrganizationFilter,
        PersonFilter,
        RoleFilter,
        MemberStatusFilter,
    )
    ordering = ("-pk",)
    act_pages = MEMBER_ACTS
    export_fields = (
        "organization__slug", "user__id", "user__email", "user__name", "role", "created_at",
        "removed_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Return every organization's."""
        return Membership.objects.for_staff().select_related("user", "organization")

    def find(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Return those of the people whose e-mail address begins so."""
        return rows.filter(user__email__startswith=canonical_email(text))

    def history_of(self, thing: Membership) -> QuerySet[AuditEvent]:
        """Return what the organization's log tells of the person."""
        rows = AuditEvent.objects.for_staff().filter(target_id=thing.user_id)
        return rows.filter(organization_id=thing.organization_id)

    def summary(self, request: StaffRequest, thing: Membership) -> Summary:
        """Return what the page of a membership shows."""
        return Summary(
            facts=[
                ("Person", self.person(thing)),
                ("E-mail address", thing.user.email or NOTHING),
                ("Organization", self.organization(thing)),
                ("Role", self.role(thing)),
                ("Status", self.status(thing)),
                ("Joined", self.joined(thing)),
                ("Removed", self.removed(thing)),
            ],
            entries=self.newest_of(thing),
        )

    def member(self, row: Membership) -> Any:
        """Return who it is, which leads to the membership."""
        return link_to(row, row.user.email or row.user.display_name)

    def organization(self, row: Membership) -> Any:
        """Return where."""
        return link_to(row.organization)

    def role(self, row: Membership) -> Any:
        """Return as what."""
        return row.get_role_display()

    def status(self, row: Membership) -> Any:
        """Return whether it still is."""
        return badge("Member", "ok") if row.removed_at is None else badge("Removed", "off")

    def person(self, row: Membership) -> Any:
        """Return the person, which leads to their page."""
        return link_to(row.user)

    def joined(self, row: Membership) -> Any:
        """Return since when."""
        return when(row.created_at)

    def removed(self, row: Membership) -> Any:
        """Return until when."""
        return when(row.removed_at)
