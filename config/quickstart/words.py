"""What quickstart prints for people."""

import os
from datetime import UTC, datetime

from config.quickstart.walk import SCOPE, Step

LINES = """\
: 0. Names for the lines below
URL={url}/api
JWT={jwt}
ACCOUNT=try-$(date +%s)

: 1. Create a service account
curl -sS{proxy} -w '\\n' "$URL/service-accounts" \\
  -H "Authorization: Bearer $JWT" -H 'Content-Type: application/json' \\
  -d '{{"name": "Try", "slug": "'$ACCOUNT'", "scopes": ["{scope}"]}}'

: 2. Create a token, whose secret stands in this answer alone
ANSWER=$(curl -sS{proxy} "$URL/service-accounts/$ACCOUNT/tokens" \\
  -H "Authorization: Bearer $JWT" -H 'Content-Type: application/json' \\
  -d '{{"name": "first", "slug": "first"}}')
printf '%s\\n' "$ANSWER"
TOKEN=$(printf '%s' "$ANSWER" | sed -n 's/.*"token": *"\\([^"]*\\)".*/\\1/p')

: 3. Use it, as a program does and as a gateway asks
curl -sS{proxy} -w '\\n' "$URL/whoami" -H "Authorization: Bearer $TOKEN"
curl -sS{proxy} -i "$URL/tokens/validate" -H "Authorization: Bearer $TOKEN"

: 4. List the tokens, without their secrets
curl -sS{proxy} -w '\\n' "$URL/service-accounts/$ACCOUNT/tokens" \\
  -H "Authorization: Bearer $JWT"

: 5. Revoke it and look for 204
curl -sS{proxy} -w '%{{http_code}}\\n' -X DELETE \\
  "$URL/service-accounts/$ACCOUNT/tokens/first" -H "Authorization: Bearer $JWT"

: 6. See it refused with 401
curl -sS{proxy} -w '\\n' "$URL/tokens/validate" -H "Authorization: Bearer $TOKEN"
"""
"""For bash, dash and zsh. A line's number stands behind ``:``, which does nothing: an
interactive zsh takes ``#`` for a command. ``date`` names a new account at each pasting."""


def curl_lines(url: str, jwt: str) -> str:
    """Return the main job as lines to paste into a shell, with ``jwt`` filled in."""
    proxied = any(os.environ.get(name) for name in ("http_proxy", "all_proxy", "ALL_PROXY"))
    proxy = " --noproxy '*'" if proxied else ""
    return LINES.format(url=url, jwt=jwt, scope=SCOPE, proxy=proxy)


def step_line(number: int, step: Step) -> str:
    """Return one line for a step; paths are cut so that the columns stand."""
    path = step.path if len(step.path) <= _PATH else f"{step.path[: _PATH - 1]}…"
    return f"  {number}  {step.method:<6} {path:<{_PATH}}  {step.status}  {step.words}"


def facts(pairs: list[tuple[str, str]]) -> str:
    """Return names and values in two columns."""
    width = max(len(name) for name, _ in pairs)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in pairs)


def until(end: datetime) -> str:
    """Return a moment within a day, without its date."""
    return f"{end.astimezone(UTC):%H:%M} UTC"


_PATH = 48
