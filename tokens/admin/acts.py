"""What staff do to a token and to a service account, each on a page that says what it touches."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.html import format_html

from accounts.actor import Actor
from accounts.admin.acts import ActPage, Question, ReasonForm, ask
from accounts.admin.cells import link_to, when, words
from accounts.admin.doors import StaffRequest
from accounts.admin.records import Record
from accounts.models import ServiceAccount
from accounts.services.service_accounts import disable_service_account
from accounts.staff import Act
from accounts.templatetags.console import in_words
from tokens.admin.badges import token_badge
from tokens.admin.end_form import EndForm
from tokens.models import Token
from tokens.querysets import Tally
from tokens.services.change import change_token
from tokens.services.enable import enable_service_account
from tokens.services.revoke import revoke_tokens
from tokens.status import Status
from tokens.web.expiry import NoDate
from tokens.web.found import IN_USE, account_line, is_in_use


def revoke(request: StaffRequest, record: Record, thing: Token) -> HttpResponse:
    """Revoke a token; one that is revoked already is told of as that."""
    question = Question(
        act=Act.REVOKE,
        organization_id=thing.organization_id,
        title=f"Revoke {thing.name}?",
        told="It stops working the moment you confirm, everywhere, and cannot be brought back.",
        doing="Revoke token",
        facts=_facts_of_token(thing),
        warning=_warning(thing.last_used_at, "it"),
        over=_why_not_revoked(thing),
        is_danger=True,
    )

    def do(actor: Actor) -> str:
        if not revoke_tokens(actor, [thing]):
            return f"{thing.name} is revoked already."
        return f"{thing.name} is revoked: nothing accepts it any more."

    return ask(request, record, thing, question, ReasonForm(request), do)


def change_expiry(request: StaffRequest, record: Record, thing: Token) -> HttpResponse:
    """Give a token another end, or none."""
    question = Question(
        act=Act.CHANGE_EXPIRY,
        organization_id=thing.organization_id,
        title=f"Change when {thing.name} expires",
        told="Its secret and its scopes stay the same. An earlier end counts at once.",
        doing="Change the end",
        facts=_facts_of_token(thing),
        over=_why_no_other_end(thing),
        template="admin/expiry.html",
    )
    form = EndForm(request)
    end = _end(form)

    def do(actor: Actor) -> str:
        changed = change_token(actor, thing, expires_at=end)
        if changed.expires_at is None:
            return f"{thing.name} never expires now."
        return f"{thing.name} expires {in_words(changed.expires_at)} now."

    return ask(request, record, thing, question, form, do)


def disable(request: StaffRequest, record: Record, thing: ServiceAccount) -> HttpResponse:
    """Switch an account's tokens off."""
    tally, now = _tally_of(thing), timezone.now()
    question = Question(
        act=Act.DISABLE,
        organization_id=thing.organization_id,
        title=f"Disable {thing.name}?",
        told="Its tokens stop working the moment you confirm, until it is enabled again. None is"
        " lost.",
        doing="Disable",
        facts=_facts_of_account(thing, tally),
        warning=_warning(tally.last_used_at if is_in_use(tally, now) else None, "its tokens"),
        over=_why_not_switched(thing, is_off=True),
        is_danger=True,
    )
    return _switch(request, record, thing, question, disable_service_account, "disabled")


def enable(request: StaffRequest, record: Record, thing: ServiceAccount) -> HttpResponse:
    """Switch an account's tokens on again."""
    question = Question(
        act=Act.ENABLE,
        organization_id=thing.organization_id,
        title=f"Enable {thing.name}?",
        told="Its tokens work again the moment you confirm, wherever they are stored.",
        doing="Enable",
        facts=_facts_of_account(thing, _tally_of(thing)),
        over=_why_not_switched(thing, is_off=False),
    )
    return _switch(request, record, thing, question, enable_service_account, "enabled")


TOKEN_ACTS = (
    ActPage(
        "revoke",
        "Revoke",
        Act.REVOKE,
        revoke,
        lambda token: not _why_not_revoked(token),
        is_danger=True,
    ),
    ActPage(
        "expiry",
        "Change expiry",
        Act.CHANGE_EXPIRY,
        change_expiry,
        lambda token: not _why_no_other_end(token),
    ),
)
ACCOUNT_ACTS = (
    ActPage(
        "disable",
        "Disable",
        Act.DISABLE,
        disable,
        lambda account: not _why_not_switched(account, is_off=True),
        is_danger=True,
    ),
    ActPage(
        "enable",
        "Enable",
        Act.ENABLE,
        enable,
        lambda account: not _why_not_switched(account, is_off=False),
    ),
)


def _switch(
    request: StaffRequest,
    record: Record,
    thing: ServiceAccount,
    question: Question,
    service: Callable[[Actor, ServiceAccount], object],
    done: str,
) -> HttpResponse:
    def do(actor: Actor) -> str:
        service(actor, thing)
        return f"{thing.name} is {done}."

    return ask(request, record, thing, question, ReasonForm(request), do)


def _end(form: EndForm) -> datetime | None:
    """Return the end that was sent; where it is none, the form has the fault."""
    if form.is_valid():
        with suppress(NoDate):
            return form.end()
    return None


def _facts_of_token(token: Token) -> list[tuple[str, Any]]:
    return [
        ("Organization", link_to(token.organization)),
        ("Service account", link_to(token.service_account, token.service_account.name)),
        ("Prefix", format_html("<code>{}…</code>", token.prefix)),
        ("Status", token_badge(token, timezone.now())),
        ("Scopes", words(token.effective_scopes)),
        ("Last used", when(token.last_used_at)),
        ("Expires", when(token.expires_at) if token.expires_at else "Never"),
    ]


def _facts_of_account(account: ServiceAccount, tally: Tally) -> list[tuple[str, Any]]:
    return [
        ("Organization", link_to(account.organization)),
        ("Slug", format_html("<code>{}</code>", account.slug)),
        ("Active tokens", f"{tally.active}{' or more' if tally.has_more else ''}"),
        ("Last used", when(tally.last_used_at)),
    ]


def _tally_of(account: ServiceAccount) -> Tally:
    return account_line(account, timezone.now()).tally


def _warning(used_at: datetime | None, what: str) -> Any:
    """Return what is said of a thing that is in use."""
    if used_at is None or used_at <= timezone.now() - IN_USE:
        return ""
    return format_html(
        "<b>In use: last request {}.</b> Whatever holds {} will get 401 from its next request on.",
        when(used_at),
        what,
    )


def _why_not_revoked(token: Token) -> str:
    """Return why there is nothing to revoke; empty where there is."""
    if token.revoked_at is not None:
        return f"{token.name} is revoked already."
    if token.service_account.deleted_at is not None:
        return f"The account of {token.name} is deleted: nothing accepts it any more."
    return ""


def _why_no_other_end(token: Token) -> str:
    """Return why a token gets no other end; empty where it can."""
    status = token.status(timezone.now())
    if status in {Status.REVOKED, Status.EXPIRED}:
        return f"{token.name} is {status} already."
    return _why_not_revoked(token)


def _why_not_switched(account: ServiceAccount, *, is_off: bool) -> str:
    """Return why there is nothing to switch off, or on; empty where there is."""
    if account.deleted_at is not None:
        return f"{account.name} is deleted: nothing accepts its tokens any more."
    if account.is_disabled == is_off:
        return f"{account.name} is {'disabled' if is_off else 'enabled'} already."
    return ""
