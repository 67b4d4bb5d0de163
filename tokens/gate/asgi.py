"""The gate: a bare ASGI callable that answers gateways, in front of everything else.

``/tokens/validate`` and ``/api/tokens/validate``, any method, the body unread (``contract.md``
section 8). A good token costs one pass here: its digest, a look into memory, headers that were
made ready before. Whatever is not so goes on to ``_answer``. There is no line in the access log:
the counts of ``/metrics`` tell of verdicts.
"""

import hmac
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from itertools import count as counting
from typing import Any

from django.conf import settings

from accounts.bearer import Credential, read_credential
from accounts.errors import DomainError, MissingScope, NoIdentity
from accounts.keys import key_ring
from accounts.redaction import holds_secret, redact
from accounts.request_errors import ServerFault, Unavailable
from tokens.gate.answers import Answer, Prepared, Render, good_headers
from tokens.gate.asked import facts_in
from tokens.secret import TokenSecret, secret_form
from tokens.verify.live import LiveVerifier, NoVerdict
from tokens.verify.memory import Kept
from tokens.verify.verdict import Reason, Verdict, lacking

logger = logging.getLogger("wardkey.gate")

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Any, Send], Awaitable[None]]

ADDRESSES = {path.encode(): path for path in ("/tokens/validate", "/api/tokens/validate")}
"""By the path as it was sent: each has one spelling."""
MOST_GRANTED = 16
"""Queries of one token that are remembered as granted."""

REFUSALS: dict[str, Callable[[], DomainError]] = {
    "nothing sent": lambda: NoIdentity(sent=False),
    "no good token": lambda: NoIdentity(sent=True),
    "no verdict": Unavailable,
    "fault": ServerFault,
}

_PLAIN_ID = re.compile(rb"[A-Za-z0-9-]{1,128}")
_ANY_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_EMPTY = {"type": "http.response.body", "body": b""}


class Gate:
    """Answers gateways, and hands every other request on to ``app``.

    Args:
        app: the rest of the server.
        verifier: gives verdicts, from memory or the database; closed after ``app``.
        render: writes refusals.
    """

    def __init__(self, app: App, verifier: LiveVerifier, render: Render) -> None:
        self._app = app
        self._verifier = verifier
        self._tally = verifier.tally
        self._render = render
        self._bearer = re.compile(rb"(?i:bearer) +(%b)" % secret_form().encode())
        self._keys = [key.material for key in key_ring()]
        self._takes_api_key: bool = settings.WARDKEY_API_KEY_HEADER
        self._ids = counting(1)
        self._ids_begin = str(uuid.uuid4())[:24].encode()
        self._prepared: dict[tuple[str, str], Prepared] = {}

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["raw_path"] not in ADDRESSES:
            await self._app(scope, receive, send)
            if scope["type"] == "lifespan":
                self._verifier.close()
            return
        headers = scope["headers"]
        fields = dict(headers)
        request_id = fields.get(b"x-request-id", b"")
        if not _PLAIN_ID.fullmatch(request_id):
            request_id = self._settled(request_id)
        bearer = self._bearer.fullmatch(fields.get(b"authorization", b""))
        if bearer is None or len(fields) != len(headers) or self._takes_api_key:
            await self._answer(self._credential(headers), scope, request_id, send)
            return
        text, query = bearer[1], scope["query_string"]
        for key in self._keys:
            kept = self._verifier.kept(hmac.digest(key, text, "sha256"))
            if kept is not None and (not query or query in kept.granted or _grants(kept, query)):
                self._tally.hits += 1
                told = [*(kept.answer or _ready(kept)), (b"x-request-id", request_id)]
                await send({"type": "http.response.start", "status": 200, "headers": told})
                await send(_EMPTY)
                return
        credential = Credential(sent=True, text=text.decode("ascii"))
        await self._answer(credential, scope, request_id, send)

    def _settled(self, sent: bytes) -> bytes:
        """Return the request id that was sent if it may be kept, else a new one."""
        if _ANY_ID.fullmatch(sent) and not holds_secret(sent.decode("ascii")):
            return sent
        return b"%b%012x" % (self._ids_begin, next(self._ids))

    def _credential(self, headers: Sequence[tuple[bytes, bytes]]) -> Credential:
        """Return the credential of headers of which some may stand twice."""
        authorization = [value for name, value in headers if name == b"authorization"]
        api_key = [value for name, value in headers if name == b"x-api-key"]
        return read_credential(
            _joined(authorization),
            _joined(api_key) if self._takes_api_key else None,
            api_key_counts=True,
        )

    async def _answer(
        self, credential: Credential, scope: Scope, request_id: bytes, send: Send
    ) -> None:
        """Answer what memory cannot."""
        path = ADDRESSES[scope["raw_path"]]
        try:
            verdict = await self._verdict(credential.text or "", scope["query_string"])
        except NoVerdict:
            self._tally.unanswered()
            status, headers, body = self._refusal("no verdict", path, request_id)
        except Exception:
            self._tally.unanswered()
            logger.exception("the gate failed", extra={"request_id": request_id.decode("ascii")})
            status, headers, body = self._refusal("fault", path, request_id)
        else:
            self._tally.judged(verdict.reason)
            if verdict.reason is Reason.GOOD and verdict.snapshot is not None:
                status, body = 200, b""
                headers = [*good_headers(verdict.snapshot), (b"x-request-id", request_id)]
            elif verdict.reason is Reason.SCOPE_MISSING:
                error = MissingScope(redact(" ".join(verdict.lacking)))
                status, headers, body = self._render(error, path, request_id.decode("ascii"))
            else:
                why = "no good token" if credential.sent else "nothing sent"
                status, headers, body = self._refusal(why, path, request_id)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        shown = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": shown})

    async def _verdict(self, text: str, query: bytes) -> Verdict:
        secret = TokenSecret.parse(text)
        if secret is None:
            return Verdict(Reason.MALFORMED)
        return await self._verifier.verify(secret, facts_in(query))

    def _refusal(self, why: str, path: str, request_id: bytes) -> Answer:
        """Return a refusal of ``REFUSALS``."""
        prepared = self._prepared.get((why, path))
        if prepared is None:
            prepared = Prepared(REFUSALS[why](), path, self._render)
            self._prepared[why, path] = prepared
        return prepared.answer(request_id)


def _joined(values: Sequence[bytes]) -> str | None:
    """Return a header as Django has it: one that stands twice is joined by a comma."""
    return b",".join(values).decode("latin1") if values else None


def _ready(kept: Kept) -> tuple[tuple[bytes, bytes], ...]:
    kept.answer = told = good_headers(kept.snapshot)
    return told


def _grants(kept: Kept, query: bytes) -> bool:
    """Say whether the kept token holds all that ``query`` asks for.

    If it does not, the database is asked before that is told: a gain may be seen late.
    """
    if lacking(kept.snapshot, facts_in(query)):
        return False
    if len(kept.granted) < MOST_GRANTED:
        kept.granted.add(query)
    return True
