"""The door of the admin: who may open a page, and as whom they act.

Staff sign in at the console's door, so what holds there holds here: limits on guessing, second
factors, sessions that end. Beyond it a proof of who it is counts for an hour, and for what
changes something for 15 minutes.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.actor import Actor
from accounts.errors import NotAllowed
from accounts.models import User
from accounts.services.second_factors import has_second_factor
from accounts.services.staff import not_allowed, role_of, staff_actor
from accounts.staff import MAY, Act, StaffRole
from accounts.web.confirmation import has_proved, way_to_confirm
from accounts.web.doors import METHODS, PersonRequest, is_live, origin_of
from accounts.web.drafts import keep_draft, sign_in_again, taken_draft

PROOF = timedelta(hours=1)
"""How long a proof of who it is opens the admin."""
FRESH_PROOF = timedelta(minutes=15)
"""How long it is enough for what changes something."""

View = Callable[..., HttpResponseBase]


class StaffRequest(PersonRequest):
    """A request by somebody of the support staff, with their role."""

    staff_role: StaffRole


def staff_page(view: View) -> View:
    """Open ``view`` to the support staff, as the admin's site does with each of its pages."""

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refused = _refused(request)
        if refused is not None:
            return refused
        cast("StaffRequest", request).draft = taken_draft(request)
        return view(request, *args, **kwargs)

    return door


def act_page(act: Act) -> Callable[[View], View]:
    """Open a view to those whose role may do ``act``, when they have just proved themselves."""

    def opened(view: View) -> View:
        @wraps(view)
        def door(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if act not in MAY[request.staff_role]:
                raise not_allowed(act)
            if not has_proved(request, FRESH_PROOF):
                keep_draft(request)
                return way_to_confirm(request)
            return view(request, *args, **kwargs)

        return door

    return opened


def acting(request: StaffRequest, act: Act, organization_id: UUID, reason: str) -> Actor:
    """Return who does one act in the organization of the thing; see ``staff_actor``."""
    is_good = partial(is_live, request.session.session_key)
    return staff_actor(
        request.user, act, organization_id, origin_of(request), reason=reason, is_good=is_good
    )


def require_still(request: StaffRequest) -> None:
    """Return if who sent the request still belongs to the staff, in a session that still is.

    Raises:
        NotAllowed: they do not, or it is not.
    """
    user = User.objects.filter(pk=request.user.pk).first()
    if user is None or role_of(user) is None or not is_live(request.session.session_key):
        raise _no_staff()


def _no_staff() -> NotAllowed:
    """Return the refusal for somebody who does not belong to the staff."""
    return NotAllowed("These pages are for the support staff of this installation.")


def _refused(request: HttpRequest) -> HttpResponse | None:
    """Return what stands between the request and the admin, None for nothing.

    Raises:
        NotAllowed: the person does not belong to the staff.
    """
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    if not request.user.is_authenticated:
        return sign_in_again(request)
    staff = cast("StaffRequest", request)
    role = role_of(staff.user)
    if role is None:
        raise _no_staff()
    staff.staff_role = role
    if settings.WARDKEY_STAFF_MFA and not has_second_factor(staff.user):
        return render(request, "admin/second_factor.html", status=403)
    if not has_proved(request, PROOF):
        keep_draft(request)
        return way_to_confirm(request)
    return None
