"""What staff do to a token and to a service account, each on a page that says what it touches."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.html import format_html

from accounts.actor import Actor
from accounts.admin.acts import ActPage, Question, ReasonForm, Visit, ask
from accounts.admin.cells import counted, link_to, scope_list, when
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
from tokens.status import Status, was_used_lately
from tokens.web.found import account_line, is_in_use


def revoke(visit: Visit[Token]) -> HttpResponse:
    """Revoke a token; one that is revoked already is told of as that."""
    thing = visit.thing
    question = Question(
        title=f"Revoke {thing.name}?",
        told="It stops working the moment you confirm, everywhere, and cannot be brought back.",
        doing="Revoke token",
        facts=_facts_of_token(thing),
        warning=_warning(thing.last_used_at, "it"),
    )

    def do(actor: Actor) -> str:
        if not revoke_tokens(actor, [thing]):
            return f"{thing.name} is revoked already."
        return f"{thing.name} is revoked: nothing accepts it any more."

    return ask(visit, question, ReasonForm(visit.request), do)


def change_expiry(visit: Visit[Token]) -> HttpResponse:
    """Give a token another expiry, or none."""
    thing = visit.thing
    question = Question(
        title=f"Change when {thing.name} expires",
        told="Its secret and its scopes stay the same. An earlier expiry counts at once.",
        doing="Change expiry",
        facts=_facts_of_token(thing),
        template="admin/expiry.html",
    )
    form = EndForm(visit.request)

    def do(actor: Actor) -> str:
        changed = change_token(actor, thing, expires_at=form.cleaned_data["expires_at"])
        if changed.expires_at is None:
            return f"{thing.name} never expires now."
        return f"{thing.name} expires {in_words(changed.expires_at)} now."

    return ask(visit, question, form, do)


def disable(visit: Visit[ServiceAccount]) -> HttpResponse:
    """Switch an account's tokens off."""
    thing = visit.thing
    tally, now = _tally_of(thing), timezone.now()
    question = Question(
        title=f"Disable {thing.name}?",
        told="Its tokens stop working the moment you confirm, until it is enabled again. None is"
        " lost.",
        doing="Disable",
        facts=_facts_of_account(thing, tally),
        warning=_warning(tally.last_used_at if is_in_use(tally, now) else None, "its tokens"),
    )
    return _switch(visit, question, disable_service_account, "disabled")


def enable(visit: Visit[ServiceAccount]) -> HttpResponse:
    """Switch an account's tokens on again."""
    thing = visit.thing
    question = Question(
        title=f"Enable {thing.name}?",
        told="Its tokens work again the moment you confirm, wherever they are stored.",
        doing="Enable",
        facts=_facts_of_account(thing, _tally_of(thing)),
    )
    return _switch(visit, question, enable_service_account, "enabled")


def _switch(
    visit: Visit[ServiceAccount],
    question: Question,
    service: Callable[[Actor, ServiceAccount], object],
    done: str,
) -> HttpResponse:
    def do(actor: Actor) -> str:
        service(actor, visit.thing)
        return f"{visit.thing.name} is {done}."

    return ask(visit, question, ReasonForm(visit.request), do)


def _facts_of_token(token: Token) -> list[tuple[str, Any]]:
    return [
        ("Organization", link_to(token.organization)),
        ("Service account", link_to(token.service_account, token.service_account.name)),
        ("Prefix", format_html("<code>{}…</code>", token.prefix)),
        ("Status", token_badge(token, timezone.now())),
        ("Scopes", scope_list(token.effective_scopes)),
        ("Last used", when(token.last_used_at)),
        ("Expires", when(token.expires_at, "Never")),
    ]


def _facts_of_account(account: ServiceAccount, tally: Tally) -> list[tuple[str, Any]]:
    return [
        ("Organization", link_to(account.organization)),
        ("Slug", format_html("<code>{}</code>", account.slug)),
        (
            f"{'Disabled' if account.is_disabled else 'Active'} tokens",
            counted(tally.active, has_more=tally.has_more),
        ),
        ("Last used", when(tally.last_used_at)),
    ]


def _tally_of(account: ServiceAccount) -> Tally:
    return account_line(account, timezone.now()).tally


def _warning(used_at: datetime | None, what: str) -> Any:
    """Return what is said of a thing that is in use."""
    if not was_used_lately(used_at, timezone.now()):
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


def _why_no_other_expiry(token: Token) -> str:
    """Return why a token gets no other expiry; empty where it can."""
    status = token.status(timezone.now())
    if status in {Status.REVOKED, Status.EXPIRED}:
        return f"{token.name} is {status} already."
    return _why_not_revoked(token)


def _why_not_disabled(account: ServiceAccount) -> str:
    """Return why there is nothing to switch off; empty where there is."""
    return _gone(account) or (f"{account.name} is disabled already." if account.is_disabled else "")


def _why_not_enabled(account: ServiceAccount) -> str:
    """Return why there is nothing to switch on; empty where there is."""
    return _gone(account) or ("" if account.is_disabled else f"{account.name} is enabled already.")


def _gone(account: ServiceAccount) -> str:
    """Return what is said of a deleted account; empty for any other."""
    if account.deleted_at is None:
        return ""
    return f"{account.name} is deleted: nothing accepts its tokens any more."


TOKEN_ACTS = (
    ActPage("revoke", "Revoke", Act.REVOKE, revoke, _why_not_revoked, is_danger=True),
    ActPage("expiry", "Change expiry", Act.CHANGE_EXPIRY, change_expiry, _why_no_other_expiry),
)
ACCOUNT_ACTS = (
    ActPage("disable", "Disable", Act.DISABLE, disable, _why_not_disabled, is_danger=True),
    ActPage("enable", "Enable", Act.ENABLE, enable, _why_not_enabled),
)
