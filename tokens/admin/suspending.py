"""Suspending an organization and letting it go on: the page counts all that it touches."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.html import format_html

from accounts.actor import Actor
from accounts.admin.acts import ActPage, Question, ReasonForm, ask
from accounts.admin.doors import StaffRequest
from accounts.admin.organization_acts import INVITE
from accounts.admin.records import Record
from accounts.models import Membership, Organization, ServiceAccount
from accounts.services.suspension import resume_organization, suspend_organization
from accounts.staff import Act
from tokens.models import Token
from tokens.status import Status

COUNTED = 1_000
"""Things of a kind that are counted; there may be more."""


def suspend(request: StaffRequest, record: Record, thing: Organization) -> HttpResponse:
    """Refuse every credential of an organization until it goes on."""
    question = Question(
        act=Act.SUSPEND,
        organization_id=thing.pk,
        title=f"Suspend {thing.name}?",
        told="Nobody signs in to it, and every session, JWT and token of it is refused from the"
        " moment you confirm, until it is resumed. Nothing is lost.",
        doing="Suspend",
        facts=_facts(thing),
        over=_why_not_suspended(thing),
        is_danger=True,
    )
    return _set(request, record, thing, question, suspend_organization, "suspended")


def resume(request: StaffRequest, record: Record, thing: Organization) -> HttpResponse:
    """Let a suspended organization go on."""
    question = Question(
        act=Act.SUSPEND,
        organization_id=thing.pk,
        title=f"Resume {thing.name}?",
        told="Its people and its tokens are let in again the moment you confirm, as they were"
        " before.",
        doing="Resume",
        facts=_facts(thing),
        over=_why_not_resumed(thing),
    )
    return _set(request, record, thing, question, resume_organization, "resumed")


ORGANIZATION_ACTS = (
    INVITE,
    ActPage(
        "suspend",
        "Suspend",
        Act.SUSPEND,
        suspend,
        lambda organization: not _why_not_suspended(organization),
        is_danger=True,
    ),
    ActPage(
        "resume",
        "Resume",
        Act.SUSPEND,
        resume,
        lambda organization: not _why_not_resumed(organization),
    ),
)


def _set(
    request: StaffRequest,
    record: Record,
    thing: Organization,
    question: Question,
    service: Callable[[Actor, Organization], bool],
    done: str,
) -> HttpResponse:
    def do(actor: Actor) -> str:
        return f"{thing.name} is {done}{'' if service(actor, thing) else ' already'}."

    return ask(request, record, thing, question, ReasonForm(request), do)


def _facts(organization: Organization) -> list[tuple[str, Any]]:
    home = {"organization_id": organization.pk}
    accounts = ServiceAccount.objects.for_staff().filter(deleted_at=None, **home)
    tokens = Token.objects.for_staff().filter(service_account__deleted_at=None, **home)
    counts = tokens.count_by_status(timezone.now(), COUNTED)
    there_may_be_more = " or more" if sum(counts.values()) == COUNTED else ""
    return [
        ("Slug", format_html("<code>{}</code>", organization.slug)),
        ("Members", _counted(Membership.objects.for_staff().filter(removed_at=None, **home))),
        ("Service accounts", _counted(accounts)),
        ("Active tokens", f"{counts[Status.ACTIVE]}{there_may_be_more}"),
    ]


def _counted(rows: QuerySet[Any]) -> str:
    """Return how many rows there are, as far as they are counted."""
    found = rows.order_by().values("pk")[: COUNTED + 1].count()
    return f"{COUNTED} or more" if found > COUNTED else str(found)


def _why_not_suspended(organization: Organization) -> str:
    """Return why there is nothing to suspend; empty where there is."""
    if organization.deleted_at is not None:
        return f"{organization.name} is deleted."
    return f"{organization.name} is suspended already." if organization.suspended_at else ""


def _why_not_resumed(organization: Organization) -> str:
    """Return why there is nothing to resume; empty where there is."""
    if organization.deleted_at is not None:
        return f"{organization.name} is deleted."
    return "" if organization.suspended_at else f"{organization.name} is not suspended."
