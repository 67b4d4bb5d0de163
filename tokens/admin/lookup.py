"""Who is this token? Staff paste a whole secret, and learn whose it is; it goes no further.

It comes by POST alone and is never given back: no page, draft, log or report of an error has it.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.admin.acts import ReasonForm
from accounts.admin.cells import address_of, link_to, scope_list, when
from accounts.admin.doors import StaffRequest, act_page, acting
from accounts.admin.site import StaffSite
from accounts.staff import MAY, Act
from accounts.web.forms import ConsoleForm
from tokens.admin.acts import TOKEN_ACTS
from tokens.admin.badges import token_badge
from tokens.models import Token, TokenUsage
from tokens.secret import CHECK_LENGTH, RANDOM_LENGTH
from tokens.services.look_up import Check, look_up_secret
from tokens.status import was_used_lately

REASON = "Found by its secret"
"""Why it was looked up, in the audit log: whoever pastes a secret has said it by that."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What is said of a check that fails: which one, and what to do."""

    heading: str
    text: str


FAILURES = {
    Check.FORM: Failure(
        "This is not one of our tokens",
        "Nothing in it has the form of a secret of this installation. Another system's is to be "
        "revoked there.",
    ),
    Check.LENGTH: Failure(
        "A part of it is missing, or there is too much",
        "It begins like one of our secrets, but has not their length. Ask for the whole text.",
    ),
    Check.CHECKSUM: Failure(
        "Its check characters are wrong",
        "It has the form of one of our secrets, but a character is missing or mistyped: no token "
        "ever had it. Ask for it once more, copied and not typed.",
    ),
    Check.UNKNOWN: Failure(
        "No token of this installation has it",
        "It is well formed, so it may be another installation's, or its server key is not loaded "
        "here. In both cases nothing here accepts it.",
    ),
    Check.SEVERAL: Failure("These are several secrets", "Look them up one by one."),
    Check.JWT: Failure(
        "This is a JWT, no API token",
        "It is of a person's sign-in, or another system's. Ours end by themselves after minutes; "
        "to end the whole sign-in, its person sets a new password.",
    ),
    Check.REFRESH_TOKEN: Failure(
        "This is a refresh token, no API token",
        "It renews a person's sign-in at the REST API. To end that, they set a new password.",
    ),
    Check.INVITATION: Failure(
        "This is an invitation, no API token",
        "It is of a link by which somebody joins an organization. An owner, an admin or a "
        "support lead revokes it in the organization's list of invitations.",
    ),
}


class SecretInput(forms.Textarea):
    """A text of several lines that no browser keeps and no page gives back."""

    def __init__(self) -> None:
        super().__init__(
            {"rows": 3, "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        )

    def format_value(self, value: Any) -> str:
        """Return nothing."""
        return ""


class LookUpForm(ConsoleForm):
    """A secret, as somebody has sent it. A draft leaves the field out by its name."""

    secret = forms.CharField(
        label="The whole secret", required=False, strip=False, widget=SecretInput
    )


@sensitive_variables()
@act_page(Act.LOOK_UP)
def who_is_this_token(request: StaffRequest, site: StaffSite) -> HttpResponse:
    """Ask for a secret, and tell whose it is or which check it fails."""
    form = LookUpForm(request)
    facts = {
        **site.each_context(request),
        "title": "Who is this token?",
        "form": form,
        "prefixes": settings.WARDKEY_TOKEN_PREFIXES,
        "length": RANDOM_LENGTH + CHECK_LENGTH,
    }
    if request.method == "POST" and form.is_valid():
        actor_in = partial(acting, request, Act.LOOK_UP, reason=REASON)
        found = look_up_secret(request.user, form.cleaned_data["secret"], actor_in)
        if isinstance(found, Token):
            facts |= _told_of(request, found)
        else:
            facts["failed"] = FAILURES[found]
    return render(request, "admin/lookup.html", facts, status=form.status)


def _told_of(request: StaffRequest, token: Token) -> dict[str, Any]:
    """Return what the page tells of a token that was found."""
    now, used = timezone.now(), token.last_used_at
    refused = TokenUsage.objects.filter(pk=token.pk).values_list("last_refused_at", flat=True)
    revoking = next(page for page in TOKEN_ACTS if page.act is Act.REVOKE)
    is_offered = not revoking.why_not(token) and revoking.act in MAY[request.staff_role]
    return {
        "token": token,
        "is_in_use": token.revoked_at is None and was_used_lately(used, now),
        "reason": ReasonForm(request)["reason"] if is_offered else None,
        "revoke_address": f"{address_of(token)}/{revoking.name}",
        "told": [
            ("Token", link_to(token)),
            ("Status", token_badge(token, now)),
            ("Organization", link_to(token.organization, token.organization.name)),
            ("Service account", link_to(token.service_account, token.service_account.name)),
            ("Scopes", scope_list(token.effective_scopes)),
            ("Created", when(token.created_at)),
            ("Created by", token.created_by_name),
            ("Expires", when(token.expires_at, "Never")),
            ("Last used", when(used)),
            ("Last refused", when(refused.first())),
            *([("Revoked", when(token.revoked_at))] if token.revoked_at else []),
            *([("Revoked by", token.revoked_by_name)] if token.revoked_at else []),
        ],
    }
