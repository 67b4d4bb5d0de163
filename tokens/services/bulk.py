"""What staff do to many things at once: to each the same as by its own page."""

from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import BulkRun, ServiceAccount
from accounts.services.bulk_runs import Work
from accounts.services.locks import lock_accounts, no_such_account
from accounts.services.service_accounts import disable_locked
from accounts.staff import Act
from tokens.models import Token, TokenUsage
from tokens.services.change import change_locked
from tokens.services.issue import clean_end
from tokens.services.locks import lock_tokens, no_such_token
from tokens.services.revoke import revoke_locked
from tokens.status import IN_USE


@dataclass(frozen=True, slots=True)
class Touched:
    """What a run touches: how many things, of how many organizations and accounts.

    ``in_use`` were used within ``IN_USE``. ``over`` stay as they are, in so far as that can be
    said before: revoked tokens, disabled and deleted accounts; expired tokens get no new end.
    """

    things: int
    organizations: int
    accounts: int
    in_use: int
    over: int


def what_it_touches(run: BulkRun) -> Touched:
    """Return what a run would touch if it began now."""
    count = _touched_accounts if run.act == Act.DISABLE else _touched_tokens
    return count(run)


def _revoke(actor: Actor, _run: BulkRun, token: Token) -> bool:
    actor.require("write:tokens", on=token)
    return revoke_locked(actor, _there(token))


def _change_end(actor: Actor, run: BulkRun, token: Token) -> bool:
    actor.require("write:tokens", on=token)
    return change_locked(actor, _there(token), expires_at=run.expires_at)


def _disable(actor: Actor, _run: BulkRun, account: ServiceAccount) -> bool:
    actor.require("write:tokens", on=account)
    if account.deleted_at is not None:
        raise no_such_account(account.slug)
    return disable_locked(actor, account)


def _there(token: Token) -> Token:
    """Return a token; raises NoSuchToken where its account is deleted."""
    if token.service_account.deleted_at is not None:
        raise no_such_token(token.slug)
    return token


def _touched_tokens(run: BulkRun) -> Touched:
    now, chosen = timezone.now(), run.items.values("thing_id")
    tokens = Token.objects.filter(pk__in=chosen)
    live = tokens.not_ended(now) if run.act == Act.CHANGE_EXPIRY else tokens.filter(revoked_at=None)
    used = TokenUsage.objects.filter(pk__in=live.values("pk"), last_used_at__gt=now - IN_USE)
    counted = tokens.aggregate(
        things=Count("pk"),
        organizations=Count("organization_id", distinct=True),
        accounts=Count("service_account_id", distinct=True),
    )
    return Touched(**counted, in_use=used.count(), over=counted["things"] - live.count())


def _touched_accounts(run: BulkRun) -> Touched:
    accounts = ServiceAccount.objects.filter(pk__in=run.items.values("thing_id"))
    lately = timezone.now() - IN_USE
    use = Token.objects.all().a_use_of_account(lately)
    things = accounts.count()
    return Touched(
        things=things,
        organizations=accounts.values("organization_id").distinct().count(),
        accounts=things,
        in_use=accounts.annotate(use=use).filter(use__isnull=False).count(),
        over=things - accounts.filter(disabled_at=None, deleted_at=None).count(),
    )


WORK: dict[Act, Work] = {
    Act.REVOKE: Work(Token.objects.for_staff, lock_tokens, _revoke),
    Act.CHANGE_EXPIRY: Work(Token.objects.for_staff, lock_tokens, _change_end, clean_end),
    Act.DISABLE: Work(ServiceAccount.objects.for_staff, lock_accounts, _disable),
}
