"""An act by its page: where it stands, how a browser sends it, and whether it was done."""

import re
from typing import Any

from tokens.models import Token
from tokens.services.issue import IssuedToken

REASON = "Ticket 4711"


def revoking(ci: IssuedToken) -> str:
    """Return the address of the page that revokes a token."""
    return f"/admin/tokens/token/{ci.token.pk}/revoke"


def is_revoked(ci: IssuedToken) -> bool:
    """Say whether it was done."""
    return Token.objects.for_staff().get(pk=ci.token.pk).revoked_at is not None


def filled_in(page: Any) -> dict[str, str]:
    """Return the form on a page as its browser sends it, with a reason typed."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    return {**dict(hidden), "reason": REASON}
