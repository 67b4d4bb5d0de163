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
from tokens.gate.answers import WHOLE_ANSWER, Ready, Render, good, refusal
from tokens.gate.facts import facts_in
from tokens.secret import TokenSecret, has_right_check, secret_form
from tokens.verify.asked import Asked
from tokens.verify.clock import boot_seconds
from tokens.verify.live import LiveVerifier, NoVerdict
from tokens.verify.memory import Kept
from tokens.verify.usage import note_use
from tokens.verify.verdict import Reason, lacking

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
_NONE: dict[str, Any] = {}


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
        form = secret_form().encode()
        self._bearer, self._form = re.compile(rb"(?i:bearer) +(%b)" % form), re.compile(form)
        self._keys = [key.material for key in key_ring()]
        self._takes_api_key: bool = settings.WARDKEY_API_KEY_HEADER
        self._ids = counting(1)
        self._ids_begin = str(uuid.uuid4())[:24].encode()
        self._ready: dict[tuple[str, str], Ready] = {}

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["raw_path"] not in ADDRESSES:
            await self._app(scope, receive, send)
            if scope["type"] == "lifespan":
                self._verifier.close()
            return
        fields = dict(scope["headers"])
        request_id = fields.get(b"x-request-id", b"")
        if not _PLAIN_ID.fullmatch(request_id):
            request_id = self._settled(request_id)
        try:
            await self._validate(scope, fields, request_id, send)
        except (NoVerdict, Unavailable):
            self._tally.unanswered()
            await self._refuse("no verdict", scope, request_id, send)
        except Exception:
            self._tally.unanswered()
            logger.exception("the gate failed", extra={"request_id": request_id.decode("ascii")})
            await self._refuse("fault", scope, request_id, send)

    async def _validate(
        self, scope: Scope, fields: dict[bytes, bytes], request_id: bytes, send: Send
    ) -> None:
        headers = scope["headers"]
        bearer = self._bearer.fullmatch(fields.get(b"authorization", b""))
        if bearer is not None and len(fields) == len(headers) and not self._takes_api_key:
            text = bearer[1]
        else:
            credential = self._credential(headers)
            text = (credential.text or "").encode("latin1")
            if not self._form.fullmatch(text):
                why = "no good token" if credential.sent else "nothing sent"
                await self._refuse(why, scope, request_id, send)
                self._tally.judged(Reason.MALFORMED)
                return
        if not has_right_check(text):
            await self._refuse("no good token", scope, request_id, send)
            self._tally.judged(Reason.MALFORMED)
            return
        asked = _asked(scope, fields)
        query, now = asked[-1], boot_seconds()
        for key in self._keys:
            kept = self._verifier.kept(hmac.digest(key, text, "sha256"), now)
            if kept is not None and (not query or query in kept.granted or _grants(kept, query)):
                note_use(kept.token_id, Reason.GOOD, now, asked)
                answer: Ready | None = kept.answer
                if answer is None or now >= answer.until:
                    answer = kept.answer = good(kept.snapshot, now)
                await _send(answer, scope, request_id, send)
                self._tally.hits += 1
                return
        await self._answer_read(text, asked, scope, request_id, send)

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

    async def _answer_read(
        self, text: bytes, asked: Asked, scope: Scope, request_id: bytes, send: Send
    ) -> None:
        """Answer by the database, where memory has nothing or not enough.

        Raises:
            NoVerdict: it could not be asked.
            Unavailable: the identity could not be signed.
        """
        secret = TokenSecret(text.decode("ascii"))
        verdict = await self._verifier.verify(secret, facts_in(asked[-1]), asked)
        if verdict.reason is Reason.GOOD and verdict.snapshot is not None:
            await _send(good(verdict.snapshot, boot_seconds()), scope, request_id, send)
        elif verdict.reason is Reason.SCOPE_MISSING:
            error = MissingScope(redact(" ".join(verdict.lacking)))
            path = ADDRESSES[scope["raw_path"]]
            await _send(refusal(error, path, self._render), scope, request_id, send)
        else:
            await self._refuse("no good token", scope, request_id, send)
        self._tally.judged(verdict.reason)

    async def _refuse(self, why: str, scope: Scope, request_id: bytes, send: Send) -> None:
        """Answer with a refusal of ``REFUSALS``."""
        path = ADDRESSES[scope["raw_path"]]
        ready = self._ready.get((why, path))
        if ready is None:
            ready = self._ready[why, path] = refusal(REFUSALS[why](), path, self._render)
        await _send(ready, scope, request_id, send)


async def _send(answer: Ready, scope: Scope, request_id: bytes, send: Send) -> None:
    """Answer under ``request_id``: whole where the server can, else as ASGI has it."""
    body = answer.body(request_id)
    shown = b"" if scope["method"] == "HEAD" else body
    ours = scope.get("extensions", _NONE).get(WHOLE_ANSWER)
    if ours is None or not ours["write"](answer.head(request_id, len(body)), shown):
        await send(answer.start(request_id, len(body)))
        await send({"type": "http.response.body", "body": shown})


def _asked(scope: Scope, fields: dict[bytes, bytes]) -> Asked:
    """Return who asks, as it was sent; of a header that stands twice, the last."""
    peer = scope["client"]
    return (
        peer[0] if peer else "",
        fields.get(b"x-forwarded-for", b""),
        fields.get(b"user-agent", b""),
        scope["query_string"],
    )


def _joined(values: Sequence[bytes]) -> str | None:
    """Return a header as Django has it: one that stands twice is joined by a comma."""
    return b",".join(values).decode("latin1") if values else None


def _grants(kept: Kept, query: bytes) -> bool:
    """Say whether the kept token holds all that ``query`` asks for.

    If it does not, the database is asked before that is told: a gain may be seen late.
    """
    if lacking(kept.snapshot, facts_in(query)):
        return False
    if len(kept.granted) < MOST_GRANTED:
        kept.granted.add(query)
    return True
