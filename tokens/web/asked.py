"""A form that comes back filled in: a preset's button was pressed, and nothing is made yet."""

from accounts.web.doors import MemberRequest
from tokens.web.picker import apply_preset


def ask_again(request: MemberRequest) -> None:
    """Turn the pressing of a preset's button into the form as it is to be shown then.

    As with what was typed before a session ended: it is shown, and nothing is done with it.
    """
    if request.method == "POST" and "preset" in request.POST:
        request.draft = apply_preset(request.actor, request.POST)
        request.method = "GET"
