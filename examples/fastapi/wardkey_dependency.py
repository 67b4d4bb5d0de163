"""A dependency for FastAPI: asks Wardkey whose a request's token is and what it may do.

As ``wardkey = Wardkey(app, "https://wardkey.example")``, and then, for each right,
``Publisher = Annotated[Identity, Depends(wardkey(scope="write:releases"))]``.
"""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

BEARER = re.compile(r"Bearer +[A-Za-z0-9._~+/-]+=*", re.IGNORECASE)  # RFC 6750
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


@dataclass(frozen=True)
class Identity:
    """Who asks. Decide by the ids; the slug is for display and can be used again."""

    organization_id: str
    service_account_id: str
    service_account_slug: str
    token_id: str
    scopes: frozenset[str]


class Refused(Exception):
    """Nobody gets past this; ``answer`` says why."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer


class Wardkey:
    """Asks the Wardkey at ``url``, for at most ``limit`` seconds in all."""

    def __init__(self, app: FastAPI, url: str, limit: float = 2.0) -> None:
        self.url, self.limit = f"{url}/api/tokens/validate", limit
        # One client for the process, so that connections are reused. No proxy of the
        # environment gets to see tokens; the system's certificates are trusted.
        self.client = httpx.AsyncClient(
            timeout=limit,
            limits=httpx.Limits(keepalive_expiry=60),  # before Wardkey closes, after 75 s
            verify=ssl.create_default_context(),
            trust_env=False,
        )
        app.exception_handler(Refused)(answer_of)

    def __call__(self, scope: str | Sequence[str] = ()) -> Callable[[Request], Awaitable[Identity]]:
        """Return a dependency: the identity of a token that holds ``scope``, all if several."""

        async def identity(request: Request) -> Identity:
            return await self.ask(request, scope)

        return identity

    async def ask(self, request: Request, scope: str | Sequence[str]) -> Identity:
        """Return who asks, if Wardkey says so, and on no other ground.

        Raises:
            Refused: with Wardkey's own 401 or 403, or 503 when it does not say.
        """
        sent = request.headers.getlist("Authorization")
        if len(sent) != 1 or not BEARER.fullmatch(sent[0]):
            bearer = {"WWW-Authenticate": "Bearer"}
            raise Refused(problem(401, "Send one Authorization: Bearer with a token.", bearer))
        headers = {"Authorization": sent[0]}
        if REQUEST_ID.fullmatch(request_id := request.headers.get("X-Request-Id", "")):
            headers["X-Request-Id"] = request_id
        try:
            async with asyncio.timeout(self.limit):
                answer = await self.client.get(self.url, params={"scope": scope}, headers=headers)
            if answer.status_code not in {401, 403}:
                return identity_in(answer)
        except (httpx.HTTPError, TimeoutError, KeyError):
            raise Refused(problem(503, "Tokens cannot be checked at the moment.")) from None
        kept = ("Content-Type", "WWW-Authenticate")
        as_is = {name: answer.headers[name] for name in kept if name in answer.headers}
        raise Refused(Response(answer.content, answer.status_code, as_is))


def identity_in(answer: httpx.Response) -> Identity:
    """Return whom a 200 of Wardkey names; KeyError for another answer or a missing name."""
    told = answer.headers if answer.status_code == 200 else httpx.Headers()
    return Identity(
        told["X-Wardkey-Organization"],
        told["X-Wardkey-Service-Account-Id"],
        told["X-Wardkey-Service-Account"],
        told["X-Wardkey-Token"],
        frozenset(told["X-Wardkey-Scopes"].split()),
    )


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Return a problem document (RFC 9457) of this service's own."""
    said = {"type": "about:blank", "status": status, "detail": detail}
    return JSONResponse(said, status, headers, media_type="application/problem+json")


async def answer_of(_: Request, refused: Refused) -> Response:
    """Return the answer of a refusal."""
    return refused.answer
