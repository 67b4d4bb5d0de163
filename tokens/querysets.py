"""The ways to ask for tokens. ``for_actor`` is the one entry: it keeps the wall between tenants."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.apps import apps
from django.db import connections
from django.db.models import OuterRef, Q, QuerySet, Subquery

from tokens.status import Status

if TYPE_CHECKING:
    from accounts.actor import Actor
    from tokens.models import Token


class TokenQuerySet(QuerySet["Token"]):
    """Questions about tokens."""

    def for_actor(self, actor: "Actor") -> Self:
        """Return the tokens of the actor's organization whose account is not deleted.

        ``last_used_at`` is looked up for each row that is returned: a join could lead the
        database to read the whole table of uses.
        """
        usage = apps.get_model("tokens", "TokenUsage")
        uses = usage.objects.filter(pk=OuterRef("pk")).values("last_used_at")
        rows = self.filter(organization_id=actor.organization_id, service_account__deleted_at=None)
        return rows.select_related("service_account").annotate(last_used_at=Subquery(uses))

    def with_status(self, status: Status, now: datetime) -> Self:
        """Return those that are ``status`` at ``now``; the twin of ``Token.status``."""
        lives = Q(expires_at=None) | Q(expires_at__gt=now)
        switched_off = Q(service_account__disabled_at__isnull=False)
        return {
            Status.REVOKED: self.filter(revoked_at__isnull=False),
            Status.EXPIRED: self.filter(revoked_at=None, expires_at__lte=now),
            Status.DISABLED: self.filter(lives, switched_off, revoked_at=None),
            Status.ACTIVE: self.filter(lives, ~switched_off, revoked_at=None),
        }[status]

    def not_ended(self, now: datetime) -> Self:
        """Return those that are neither revoked nor expired at ``now``."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)

    def newest_of_each(self, accounts: Collection[UUID], most: int) -> "list[Token]":
        """Return up to ``most`` of the newest tokens of each account, newest first, in one query.

        With ``last_used_at``, as ``for_actor`` has it.
        A limited branch for each account, since each is then a walk of one index however
        many tokens an account has; a window over all of them would read them all.
        """
        if not accounts:
            return []
        table = self.model._meta.db_table  # noqa: SLF001 - Django's documented model API
        branch = (
            "SELECT newest.*, (SELECT last_used_at FROM tokens_tokenusage"  # noqa: S608 - no input in it
            " WHERE token_id = newest.id) AS last_used_at"
            f" FROM (SELECT * FROM {table} WHERE service_account_id = %s"
            " ORDER BY created_at DESC, id DESC LIMIT %s) AS newest"
        )
        field = self.model._meta.get_field("service_account")  # noqa: SLF001
        values: list[object] = []
        for account in accounts:
            values += [field.get_db_prep_value(account, connections[self.db]), most]
        return list(self.raw(" UNION ALL ".join([branch] * len(accounts)), values))
