"""The secret, once: the page that a new token's maker is sent to, and nobody ever again."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.web.doors import MemberRequest, is_looked_at, member_page
from tokens.services.stash import take_secret
from tokens.web.found import find_account, find_token, token_lines
from tokens.web.picker import in_words


@member_page(needs="write:tokens")
def secret(request: MemberRequest, account: str, token: str) -> HttpResponse:
    """Show a new token's secret to the session that made it; 410 ever after, and to others.

    A HEAD takes nothing, nor does a browser that only fetches ahead of its person.
    """
    home = find_account(request.actor, account)
    found = find_token(request.actor, home, token)
    context = {
        "account": home,
        "line": token_lines(request.actor, [found], timezone.now())[0],
        "sentences": in_words(found.effective_scopes),
        "is_without_forms": True,
        "public_url": settings.WARDKEY_PUBLIC_URL,
    }
    # Last of all that can fail: what is taken and not shown is lost.
    taken = None
    if is_looked_at(request):
        taken = take_secret(request.actor, found, str(request.session.session_key))
    context |= {
        "secret": taken,
        "was_never_shown": taken is None and hasattr(found, "stashed_secret"),
    }
    if taken:
        # A cookie that is sent anew makes browsers drop the page from what they keep for Back;
        # no-store alone does not.
        request.session.modified = True
    page, status = ("tokens/secret.html", 200) if taken else ("tokens/shown.html", 410)
    response = render(request, page, context, status=status)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
