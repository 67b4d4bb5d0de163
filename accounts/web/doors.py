"""The console's doors: who may open a page, and as whom.

A person's page needs a session; a member's page, whose address names the organization, also
makes the session an ``Actor`` in it. A slug that is not theirs is 404, like one that nobody has.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.actor import Actor
from accounts.losses import owe_wait
from accounts.models import Membership, Organization, User
from accounts.scopes import missing
from accounts.services.acting import actor_of, membership_in
from accounts.services.second_factors import lacks_second_factor
from accounts.services.sessions import rows_of
from accounts.services.sign_in import Origin
from accounts.services.single_sign_on import may_enter
from accounts.web.drafts import sign_in_again, taken_draft

METHODS = ("GET", "HEAD", "POST")

P = ParamSpec("P")


class PersonRequest(HttpRequest):
    """A request by a person who has signed in.

    ``draft`` is what they had typed before their session ended; the form shows it again and
    does nothing with it.
    """

    user: User
    draft: QueryDict | None


class MemberRequest(PersonRequest):
    """A request by a member, in the organization that its address names."""

    actor: Actor
    membership: Membership
    organization: Organization


Page = Callable[..., HttpResponseBase]


def person_page(view: Callable[Concatenate[PersonRequest, P], HttpResponseBase]) -> Page:
    """Open ``view`` to people who have signed in; others sign in first and come back."""

    @wraps(view)
    def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if not request.user.is_authenticated:
            return sign_in_again(request)
        person = cast("PersonRequest", request)
        person.draft = taken_draft(request)
        return view(person, *args, **kwargs)

    return cast("Page", door)


def member_page(
    *, needs: str | None = None, loses: bool = False
) -> Callable[[Callable[Concatenate[MemberRequest, P], HttpResponseBase]], Page]:
    """Open a view to members of the organization that the address names.

    Args:
        needs: the scope without which there is nothing to see here: 403. None for pages that
            every member may see.
        loses: whether a token may lose something by what is sent here, so that every answer to it
            waits (``accounts/losses.py``).
    """

    def opened(view: Callable[Concatenate[MemberRequest, P], HttpResponseBase]) -> Page:
        @wraps(view)
        def door(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if loses and request.method == "POST":
                owe_wait()
            member = cast("MemberRequest", request)
            _find_membership(member, kwargs.pop("organization"))
            if refused := _refused(member):
                return refused
            member.actor = _actor(member)
            if needs is not None and missing(member.actor.scopes, [needs]):
                return render(request, "errors/no_rights.html", {"scope": needs}, status=403)
            return view(member, *args, **kwargs)

        return person_page(door)

    return opened


def _find_membership(request: MemberRequest, slug: str) -> None:
    """Note the person's membership in the organization on the request.

    Raises:
        Http404: there is no such organization for them.
    """
    found = membership_in(request.user, slug)
    if found is None or not may_enter(request.user, found.organization):
        raise Http404
    request.membership, request.organization = found, found.organization


def _refused(request: MemberRequest) -> HttpResponse | None:
    """Return the page of what stands between a member and their organization, if anything."""
    if request.organization.suspended_at is not None:
        return render(request, "errors/suspended.html", status=403)
    if lacks_second_factor(request.user, request.organization):
        address = reverse("accounts:second-factors")
        return redirect(f"{address}?organization={request.organization.slug}")
    return None


def origin_of(request: HttpRequest) -> Origin:
    """Return where a request comes from, as services that need no actor are told."""
    return Origin(
        request_id=request.request_id,  # type: ignore[attr-defined]
        address=request.client_address,  # type: ignore[attr-defined]
    )


def is_looked_at(request: HttpRequest) -> bool:
    """Say whether somebody sees the answer: what is shown once is not taken by a HEAD.

    Nor by a browser that fetches ahead of its person (Fetch Standard, ``Sec-Purpose``).
    """
    is_ahead = any(name in request.headers for name in ("Sec-Purpose", "Purpose"))
    return request.method == "GET" and not is_ahead


def _actor(request: MemberRequest) -> Actor:
    ends_at = timezone.now() + timedelta(seconds=request.session.get_expiry_age())
    is_good = partial(is_live, request.session.session_key)
    return actor_of(request.membership, origin_of(request), ends_at, is_good=is_good)


def is_live(session_key: str | None) -> bool:
    """Say whether the session with this key has not ended."""
    return rows_of(session_key).filter(expires_at__gt=timezone.now()).exists()
