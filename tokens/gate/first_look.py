"""The first look: what the gate can tell of a request without the database.

It is a plain call, no coroutine, so that our own server asks it as soon as the head of a request
is read (``config/server/gated.py``): before there is a scope, a task, or anything else that
ASGI needs. A good token in memory costs one pass here: its digest, a look into memory, headers
that were made ready before.
"""

import logging
import re
import uuid
from collections.abc import Callable
from itertools import count as counting

from django.conf import settings

from accounts.bearer import read_credential
from accounts.errors import DomainError, NoIdentity
from accounts.keys import key_ring
from accounts.redaction import holds_secret
from accounts.request_errors import ServerFault, Unavailable
from tokens.gate.answers import Ready, Render, good, refusal
from tokens.gate.facts import facts_in
from tokens.gate.head import Head
from tokens.gate.look import Headers, Look
from tokens.secret import Digester, has_right_check, secret_form
from tokens.verify.clock import boot_seconds
from tokens.verify.live import LiveVerifier
from tokens.verify.memory import (
    ANSWER,
    GRANTED,
    TOKEN,
    TOLD_UNTIL,
    Kept,
    granting,
    snapshot_of,
    with_answer,
)
from tokens.verify.usage import note_use
from tokens.verify.verdict import Reason, lacking

logger = logging.getLogger("wardkey.gate")

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
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{1,128}")


class FirstLook:
    """Looks at requests; used on one event loop.

    Args:
        verifier: whose memory is looked into.
        render: writes refusals.
    """

    def __init__(self, verifier: LiveVerifier, render: Render) -> None:
        self._verifier = verifier
        self._render = render
        form = secret_form().encode()
        self._bearer, self._form = re.compile(rb"(?i:bearer) +(%b)" % form), re.compile(form)
        self._digesters = [Digester(key) for key in key_ring()]
        self._takes_api_key: bool = settings.WARDKEY_API_KEY_HEADER
        self._ids = counting(1)
        self._ids_begin = str(uuid.uuid4())[:24].encode()
        self._ready: dict[tuple[str, str], Ready] = {}

    def at(self, raw_path: bytes, query: bytes, headers: Headers, peer: str) -> Look | None:
        """See ``Looks``."""
        path = ADDRESSES.get(raw_path)
        if path is None:
            return None
        fields = dict(headers)
        if len(fields) < len(headers):
            fields = _joined(headers)
        request_id = fields.get(b"x-request-id", b"")
        if not _PLAIN_ID.fullmatch(request_id):
            request_id = self._settled(request_id)
        has_body = b"content-length" in fields or b"transfer-encoding" in fields
        forwarded, agent = fields.get(b"x-forwarded-for", b""), fields.get(b"user-agent", b"")
        look = Look(path, request_id, has_body, (peer, forwarded, agent, query))
        try:
            self._judge(look, fields)
        except Unavailable:
            self._verifier.tally.unanswered()
            self.refuse(look, "no verdict")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and logged
            self.fail(look, error)
        return look

    def _judge(self, look: Look, fields: dict[bytes, bytes]) -> None:
        """Fill in the answer, or the digests to ask the database about.

        Raises:
            Unavailable: the identity could not be signed.
        """
        text, is_sent = self._token_in(fields)
        if not text or not has_right_check(text):
            self.refuse(look, "no good token" if is_sent else "nothing sent")
            self._verifier.tally.judged(Reason.MALFORMED)
            return
        query, now = look.asked[-1], boot_seconds()
        digests = []
        for digest_of in self._digesters:
            digest = digest_of(text)
            kept = self._verifier.kept(digest, now)
            if kept is not None and self._grants(digest, kept, query):
                is_ready = kept[ANSWER] is not None and now < kept[TOLD_UNTIL]
                look.head = kept[ANSWER] if is_ready else self._made_ready(digest, kept, now)
                note_use(kept[TOKEN], Reason.GOOD, now, look.asked)
                self._verifier.tally.hits += 1
                return
            digests.append(digest)
        look.digests = digests

    def _token_in(self, fields: dict[bytes, bytes]) -> tuple[bytes, bool]:
        """Return what has the form of a token, empty if nothing does, and if anything was sent."""
        bearer = self._bearer.fullmatch(fields.get(b"authorization", b""))
        if bearer is not None and not self._takes_api_key:
            return bearer[1], True
        authorization = fields.get(b"authorization")
        api_key = fields.get(b"x-api-key") if self._takes_api_key else None
        credential = read_credential(
            None if authorization is None else authorization.decode("latin1"),
            None if api_key is None else api_key.decode("latin1"),
            api_key_counts=True,
        )
        text = (credential.text or "").encode("latin1")
        return (text if self._form.fullmatch(text) else b""), credential.sent

    def refuse(self, look: Look, why: str) -> Head:
        """Have ``look`` tell ``why``, one of ``REFUSALS``."""
        ready = self._ready.get((why, look.path))
        if ready is None:
            ready = self._ready[why, look.path] = refusal(REFUSALS[why](), look.path, self._render)
        return tell(look, ready)

    def fail(self, look: Look, error: Exception) -> Head:
        """Have ``look`` tell of what must not happen, and log it."""
        self._verifier.tally.unanswered()
        known = {"request_id": look.request_id.decode("ascii")}
        logger.error("the gate failed", exc_info=error, extra=known)
        return self.refuse(look, "fault")

    def _settled(self, sent: bytes) -> bytes:
        """Return the request id that was sent if it may be kept, else a new one."""
        if _WELL_FORMED.fullmatch(sent) and not holds_secret(sent.decode("ascii")):
            return sent
        return b"%b%012x" % (self._ids_begin, next(self._ids))

    def _grants(self, digest: bytes, kept: Kept, query: bytes) -> bool:
        """Say whether the kept token holds all that ``query`` asks for.

        If it does not, the database is asked before that is told: a gain may be seen late.
        """
        if not query or query in kept[GRANTED]:
            return True
        if lacking(snapshot_of(kept).scopes, facts_in(query)):
            return False
        if len(kept[GRANTED]) < MOST_GRANTED:
            self._verifier.memory.note(digest, granting(kept, query))
        return True

    def _made_ready(self, digest: bytes, kept: Kept, now: float) -> Head:
        """Return the answer to a token that may be used, and keep it with the token.

        Raises:
            Unavailable: the identity could not be signed.
        """
        head, told_until = good(snapshot_of(kept), now)
        self._verifier.memory.note(digest, with_answer(kept, head, told_until))
        return head


def tell(look: Look, ready: Ready) -> Head:
    """Have ``look`` tell what was made ready, and return its head."""
    look.head, look.body = ready.head, ready.body(look.request_id)
    return ready.head


def _joined(headers: Headers) -> dict[bytes, bytes]:
    """Return headers as Django has them: what stands twice is joined by a comma."""
    fields: dict[bytes, bytes] = {}
    for name, value in headers:
        fields[name] = b"%b,%b" % (fields[name], value) if name in fields else value
    return fields
