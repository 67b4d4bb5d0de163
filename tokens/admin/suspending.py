"""Suspending an organization and letting it go on: the page counts all that it touches."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.html import format_html

from accounts.actor import Actor
from accounts.admin.acts import ActPage, Question, ReasonForm, Visit, ask
from accounts.admin.cells import counted
from accounts.admin.organization_acts import INVITE
from accounts.models import Membership, Organization, ServiceAccount
from accounts.services.suspension import resume_organization, suspend_organization
from accounts.staff import Act
from tokens.models import Token
from tokens.status import Status

COUNTED = 1_000
"""Things of a kind that are counted; there may be more."""


def suspend(visit: Visit[Organization]) -> HttpResponse:
    """Refuse every credential of an organization until it goes on."""
    thing = visit.thing
    question = Question(
        title=f"Suspend {thing.name}?",
        told="Nobody signs in to it, and every session, JWT and token of it is refused from the"
        " moment you confirm, until it is resumed. Nothing is lost.",
        doing="Suspend",
        facts=_facts(thing),
    )
    return _set(visit, question, suspend_organization, "suspended")


def resume(visit: Visit[Organization]) -> HttpResponse:
    """Let a suspended organization go on."""
    thing = visit.thing
    question = Question(
        title=f"Resume {thing.name}?",
        told="Its people and its tokens are let in again the moment you confirm, as they were"
        " before.",
        doing="Resume",
        facts=_facts(thing),
    )
    return _set(visit, question, resume_organization, "resumed")


def _set(
    visit: Visit[Organization],
    question: Question,
    service: Callable[[Actor, Organization], bool],
    done: str,
) -> HttpResponse:
    def do(actor: Actor) -> str:
        changed = service(actor, visit.thing)
        return f"{visit.thing.name} is {done}{'' if changed else ' already'}."

    return ask(visit, question, ReasonForm(visit.request), do)


def _facts(organization: Organization) -> list[tuple[str, Any]]:
    home = {"organization_id": organization.pk}
    accounts = ServiceAccount.objects.for_staff().filter(deleted_at=None, **home)
    tokens = Token.objects.for_staff().filter(service_account__deleted_at=None, **home)
    counts = tokens.count_by_status(timezone.now(), COUNTED)
    may_have_more = sum(counts.values()) == COUNTED
    return [
        ("Slug", format_html("<code>{}</code>", organization.slug)),
        ("Members", _counted(Membership.objects.for_staff().filter(removed_at=None, **home))),
        ("Service accounts", _counted(accounts)),
        ("Active tokens", counted(counts[Status.ACTIVE], has_more=may_have_more)),
    ]


def _counted(rows: QuerySet[Any]) -> str:
    """Return how many rows there are, as far as they are counted."""
    found = rows.order_by().values("pk")[: COUNTED + 1].count()
    return counted(min(found, COUNTED), has_more=found > COUNTED)


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


ORGANIZATION_ACTS = (
    INVITE,
    ActPage("suspend", "Suspend", Act.SUSPEND, suspend, _why_not_suspended, is_danger=True),
    ActPage("resume", "Resume", Act.SUSPEND, resume, _why_not_resumed),
)
