"""The ways to ask for rows. ``for_actor`` is the one entry: it keeps the wall between tenants."""

from typing import TYPE_CHECKING, Any, Self

from django.db.models import Func, Q, QuerySet, TextField

from accounts.errors import Fault, invalid
from accounts.names import canonical_email

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from django.db.models.sql.compiler import SQLCompiler

    from accounts.actor import Actor
    from accounts.models import AuditEvent, Invitation, Membership, ServiceAccount


START = 64


class Start(Func):
    """The first ``START`` characters of a text, ordered byte by byte.

    So that an index finds what begins with something, in a database of whatever language: a
    whole text could be longer than a row of an index. SQLite compares so by itself.
    """

    template = f'(LEFT(%(expressions)s, {START}) COLLATE "C")'
    arity = 1
    output_field = TextField()

    def as_sqlite(self, compiler: "SQLCompiler", connection: Any, **_: Any) -> Any:
        """Return SQLite's words for it."""
        return self.as_sql(compiler, connection, template=f"SUBSTR(%(expressions)s, 1, {START})")


class ServiceAccountQuerySet(QuerySet["ServiceAccount"]):
    """Questions about service accounts."""

    def for_staff(self) -> Self:
        """Return those of all organizations, for a door that lets the support staff in alone."""
        return self.all()

    def for_actor(self, actor: "Actor") -> Self:
        """Return the accounts of the actor's organization that are not deleted."""
        return self.filter(organization_id=actor.organization_id, deleted_at=None)

    def matching(self, *, sought: "str | None" = None, status: "str | None" = None) -> Self:
        """Return those whose name or slug holds ``sought`` (folded), that are ``status``.

        Args:
            status: ``active`` or ``disabled``; None for both.
        """
        rows = self.filter(search__contains=sought) if sought else self
        return rows.filter(disabled_at__isnull=status == "active") if status else rows


class AuditEventQuerySet(QuerySet["AuditEvent"]):
    """Questions about the audit log."""

    def for_staff(self) -> Self:
        """Return those of all organizations, for a door that lets the support staff in alone."""
        return self.all()

    def for_actor(self, actor: "Actor") -> Self:
        """Return the lines of the actor's organization."""
        return self.filter(organization_id=actor.organization_id)

    def matching(
        self,
        *,
        action: "str | None" = None,
        actor: "UUID | None" = None,
        target: "UUID | None" = None,
        since: "datetime | None" = None,
        until: "datetime | None" = None,
    ) -> Self:
        """Return the lines that all given filters let through; ``until`` itself is not.

        Raises:
            InvalidRequest: the span ends before it begins.
        """
        if since is not None and until is not None and since > until:
            raise invalid([Fault(location="query.from", message="must not be after query.to")])
        wanted = {
            "action": action,
            "actor_id": actor,
            "target_id": target,
            "at__gte": since,
            "at__lt": until,
        }
        return self.filter(**{column: value for column, value in wanted.items() if value})


class MembershipQuerySet(QuerySet["Membership"]):
    """Questions about members."""

    def for_staff(self) -> Self:
        """Return those of all organizations, for a door that lets the support staff in alone."""
        return self.all()

    def for_actor(self, actor: "Actor") -> Self:
        """Return those who are members of the actor's organization now, with the person."""
        rows = self.filter(organization_id=actor.organization_id, removed_at=None)
        return rows.select_related("user")

    def who_left(self, actor: "Actor", people: "Collection[UUID]") -> "set[UUID]":
        """Return those of ``people`` (ids) who were members, and are not any more."""
        rows = self.filter(organization_id=actor.organization_id, removed_at__isnull=False)
        return set(rows.filter(user_id__in=people).values_list("user_id", flat=True))

    def homes_of(self, email: str) -> "list[UUID]":
        """Return the ids of the organizations of which whoever has the address is a member now."""
        rows = self.filter(user__email=canonical_email(email), removed_at=None)
        return list(rows.values_list("organization_id", flat=True))

    def matching(self, text: str) -> Self:
        """Return those whose name or e-mail address holds ``text``, all for an empty one."""
        if not text:
            return self
        return self.filter(Q(user__name__icontains=text) | Q(user__email__icontains=text))


class InvitationQuerySet(QuerySet["Invitation"]):
    """Questions about invitations."""

    def for_staff(self) -> Self:
        """Return those of all organizations, for a door that lets the support staff in alone."""
        return self.all()

    def for_actor(self, actor: "Actor") -> Self:
        """Return the invitations to the actor's organization."""
        return self.filter(organization_id=actor.organization_id)

    def pending(self, now: "datetime") -> Self:
        """Return those that can still be accepted."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)
