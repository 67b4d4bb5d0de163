"""The ways to ask for tokens. ``for_actor`` is the one entry: it keeps the wall between tenants."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.apps import apps
from django.db import connections
from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Exists,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.db.models.lookups import Exact, GreaterThan, LessThanOrEqual

from tokens.status import Status

if TYPE_CHECKING:
    from accounts.actor import Actor
    from accounts.models import ServiceAccount
    from tokens.models import Token, TokenUse


MOST_LOOKED_AT = 50
"""Tokens of an account that are looked at for a use, newest first."""
MOST_REVOKED = 50
"""Revoked tokens of an account of which a tally looks at the last use."""

MOST_KEPT = 20
"""Details of use that are kept of a token, of each kind: the newest."""
USES_KEPT_FOR = timedelta(days=90)
"""How long one stays after it was last seen."""

# Walks of two indexes, each with an end.
_TALLY = """
SELECT {at}, COUNT(*), SUM(is_active), MIN(CASE WHEN is_active = 1 THEN expires_at END), MAX(used)
FROM (SELECT expires_at, (SELECT last_used_at FROM tokens_tokenusage WHERE token_id = id) AS used,
        CASE WHEN expires_at IS NULL OR expires_at > %s THEN 1 ELSE 0 END AS is_active
      FROM (SELECT id, expires_at FROM tokens_token
            WHERE service_account_id = %s AND revoked_at IS NULL
            ORDER BY created_at DESC, id DESC LIMIT {counted}) newest) seen
UNION ALL
SELECT {at}, 0, 0, NULL, MAX(used)
FROM (SELECT (SELECT last_used_at FROM tokens_tokenusage WHERE token_id = id) AS used
      FROM (SELECT id FROM tokens_token
            WHERE service_account_id = %s AND revoked_at IS NOT NULL
            ORDER BY created_at DESC, id DESC LIMIT {revoked}) newest) seen
"""


@dataclass(slots=True)
class Tally:
    """What an account's tokens amount to, as far as it is counted.

    ``active`` are neither revoked nor expired, whether or not the account is disabled;
    ``has_more`` says that there may be more of them than were looked at. ``next_end`` is when
    the first of them expires, ``last_used_at`` when any of the tokens was last good.
    """

    active: int = 0
    has_more: bool = False
    next_end: datetime | None = None
    last_used_at: datetime | None = None


class EndOrNever(Func):
    """``expires_at``, and where there is none a time after all others.

    One comparison with it says whether a token has expired, so that an index can answer it;
    ``expires_at IS NULL OR ...`` sends PostgreSQL to the row. The text is right for SQLite
    too, where times are texts that begin with a digit.
    """

    template = "COALESCE(%(expressions)s, 'infinity')"
    arity = 1
    output_field = DateTimeField()


OF_STAFF = Cast("organization", TextField())
"""The organization, as the support staff's queries name it.

As text, or PostgreSQL would take their index for a way to one account's tokens, which are asked
for by the organization too, and read all others of the organization in vain.
"""


class TokenQuerySet(QuerySet["Token"]):
    """Questions about tokens."""

    def for_staff(self) -> Self:
        """Return those of all organizations, for a door that lets the support staff in alone.

        With ``last_used_at``, as ``for_actor`` has it.
        """
        return self._with_last_use().select_related("service_account", "organization")

    def for_actor(self, actor: "Actor") -> Self:
        """Return the tokens of the actor's organization whose account is not deleted.

        ``last_used_at`` is looked up for each row that is returned: a join could lead the
        database to read the whole table of uses.
        """
        rows = self.filter(organization_id=actor.organization_id, service_account__deleted_at=None)
        return rows._with_last_use().select_related("service_account")  # noqa: SLF001 - its own

    def _with_last_use(self) -> Self:
        usage = apps.get_model("tokens", "TokenUsage")
        uses = usage.objects.filter(pk=OuterRef("pk")).values("last_used_at")
        return self.annotate(last_used_at=Subquery(uses))

    def matching(
        self,
        *,
        now: datetime,
        sought: str | None = None,
        status: Status | None = None,
        account: "ServiceAccount | None" = None,
    ) -> Self:
        """Return those whose name, slug or prefix holds ``sought`` (folded), that are ``status``.

        Args:
            account: see ``with_status``.
        """
        rows = self.filter(search__contains=sought) if sought else self
        return rows if status is None else rows.with_status(status, now, account)

    def with_status(
        self, status: Status, now: datetime, account: "ServiceAccount | None" = None
    ) -> Self:
        """Return those that are ``status`` at ``now``; the twin of ``Token.status``.

        Args:
            account: whose tokens all of these are, where that is known: whether it is disabled
                is then asked once and not of each row, of which none or all would pass.
        """
        if status is Status.REVOKED:
            return self.filter(revoked_at__isnull=False)
        if status is Status.EXPIRED:
            return self.filter(LessThanOrEqual(EndOrNever("expires_at"), now), revoked_at=None)
        switched_off = Q(service_account__disabled_at__isnull=False)
        if account is not None:
            accounts = apps.get_model("accounts", "ServiceAccount").objects
            off = accounts.filter(pk=account.pk, disabled_at__isnull=False)
            switched_off = Q(Exists(off))
        return self.not_ended(now).filter(
            switched_off if status is Status.DISABLED else ~switched_off
        )

    def not_ended(self, now: datetime) -> Self:
        """Return those that are neither revoked nor expired at ``now``."""
        return self.filter(GreaterThan(EndOrNever("expires_at"), now), revoked_at=None)

    def ending(self, *, until: datetime, after: datetime | None = None) -> Self:
        """Return those that end or ended by ``until``, after ``after``, and are not revoked.

        By the index of the ends: the first ones, or the last, of all organizations.
        """
        rows = self.filter(revoked_at=None, expires_at__lte=until)
        return rows if after is None else rows.filter(expires_at__gt=after)

    def of_organization(self, organization: UUID) -> Self:
        """Return those of an organization, for the support staff: by ``OF_STAFF``."""
        return self.filter(Exact(OF_STAFF, Cast(Value(organization, UUIDField()), TextField())))

    def of_live(self) -> Self:
        """Return those whose account is not deleted, and whose organization is live."""
        return self.filter(
            service_account__deleted_at=None,
            organization__deleted_at=None,
            organization__suspended_at=None,
        )

    def a_use_of_account(self, since: datetime) -> Subquery:
        """Return, for a query about accounts, some use since then of one's newest tokens, or None.

        Of ``MOST_LOOKED_AT``: an account may have a hundred thousand.
        """
        own = self.filter(service_account=OuterRef(OuterRef("pk")))
        newest = own.order_by("-created_at", "-id")
        usage = apps.get_model("tokens", "TokenUsage").objects
        uses = usage.filter(
            token_id__in=newest.values("pk")[:MOST_LOOKED_AT], last_used_at__gte=since
        )
        return Subquery(uses.values("last_used_at")[:1])

    def count_by_status(self, now: datetime, most: int) -> dict[str, int]:
        """Return how many of the newest ``most`` are of each status at ``now``."""
        status = Case(
            When(revoked_at__isnull=False, then=Value(Status.REVOKED)),
            When(expires_at__lte=now, then=Value(Status.EXPIRED)),
            When(service_account__disabled_at__isnull=False, then=Value(Status.DISABLED)),
            default=Value(Status.ACTIVE),
        )
        newest = self.order_by("-created_at", "-id").annotate(status_now=status)
        seen = newest.values("status_now")[:most]
        return seen.aggregate(
            **{str(each): Count("pk", filter=Q(status_now=each)) for each in Status}
        )

    def tally_of_each(
        self, accounts: Collection[UUID], now: datetime, most: int
    ) -> dict[UUID, Tally]:
        """Return what the tokens of each account amount to at ``now``, in one query.

        It looks at the newest ``most`` of an account that are not revoked, and no further: there
        may be a hundred thousand.
        """
        known = list(accounts)
        tallies = {account: Tally() for account in known}
        if not known:
            return tallies
        connection = connections[self.db]
        field = self.model._meta.get_field("service_account")  # noqa: SLF001 - Django's documented model API
        moment = connection.ops.adapt_datetimefield_value(now)
        values: list[Any] = []
        for account in known:
            key = field.get_db_prep_value(account, connection)
            values += [moment, key, key]
        branches = [
            _TALLY.format(at=at, counted=most, revoked=MOST_REVOKED) for at in range(len(known))
        ]
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(branches), values)
            for at, seen, active, end, used in cursor.fetchall():
                tally = tallies[known[at]]
                tally.active += active or 0
                tally.has_more = tally.has_more or seen >= most
                tally.next_end = _moment(end) or tally.next_end
                tally.last_used_at = max(
                    filter(None, [_moment(used), tally.last_used_at]), default=None
                )
        return tallies

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


class TokenUseQuerySet(QuerySet["TokenUse"]):
    """Questions about the details of use, of a token that has been found already."""

    def newest_of(self, token: "Token") -> "dict[str, list[TokenUse]]":
        """Return the newest of each kind, the last seen first."""
        newest: dict[str, list[TokenUse]] = defaultdict(list)
        for use in self.filter(token=token).order_by("-last_at", "value"):
            if len(newest[use.kind]) < MOST_KEPT:
                newest[use.kind].append(use)
        return newest

    def over(self, now: datetime) -> Self:
        """Return those whose time is over."""
        return self.filter(last_at__lte=now - USES_KEPT_FOR)


def _moment(value: datetime | str | None) -> datetime | None:
    """Return a time that the database computed; SQLite returns such as text, in UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value
