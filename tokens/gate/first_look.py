"""The first look: what the gate can tell of a request without the database.

It is a plain call, no coroutine, so that our own server asks it as soon as the head of a request
is read (``config/server/protocol.py``): before there is a scope, a task, or anything else that
ASGI needs. A good token in memory costs one pass here: its digest, a look into memory, headers
that were made ready before.
"""

import logging
import re
import uuid
from collections.abc import Callable, Sequence
from itertools import count as counting

from django.conf import settings

from accounts.bearer import Credential, read_credential
from accounts.errors import DomainError, NoIdentity
from accounts.keys import key_ring
from accounts.redaction import holds_secret
from accounts.request_errors import ServerFault, Unavailable
from tokens.gate.answers import Ready, Render, good, refusal
from tokens.gate.facts import facts_in
from tokens.gate.look import Headers, Look
from tokens.secret import Digester, has_right_check, secret_form
from tokens.verify.clock import boot_seconds
from tokens.verify.live import LiveVerifier
from tokens.verify.memory import Kept
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
_ANY_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")


class FirstLook:
    """Looks at requests; used on one event loop.

    Args:
        verifier: whose memory is looked into.
        render: writes refusals.
    """

    def __init__(self, verifier: LiveVerifier, render: Render) -> None:
        self._verifier = verifier
        self._tally = verifier.tally
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
        request_id = fields.get(b"x-request-id", b"")
        if not _PLAIN_ID.fullmatch(request_id):
            request_id = self._settled(request_id)
        has_body = b"content-length" in fields or b"transfer-encoding" in fields
        forwarded, agent = fields.get(b"x-forwarded-for", b""), fields.get(b"user-agent", b"")
        look = Look(path, request_id, has_body, (peer, forwarded, agent, query))
        try:
            self._judge(look, headers, fields)
        except Unavailable:
            self._tally.unanswered()
            look.answer = self.refusal("no verdict", path)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and logged
            look.answer = self.fault(look, error)
        return look

    def _judge(self, look: Look, headers: Headers, fields: dict[bytes, bytes]) -> None:
        """Fill in the answer, or the digests to ask the database about.

        Raises:
            Unavailable: the identity could not be signed.
        """
        bearer = self._bearer.fullmatch(fields.get(b"authorization", b""))
        if bearer is not None and len(fields) == len(headers) and not self._takes_api_key:
            text = bearer[1]
        else:
            credential = self._credential(headers)
            text = (credential.text or "").encode("latin1")
            if not self._form.fullmatch(text):
                self._reject(look, "no good token" if credential.sent else "nothing sent")
                return
        if not has_right_check(text):
            self._reject(look, "no good token")
            return
        query, now = look.asked[-1], boot_seconds()
        digests = []
        for digest_of in self._digesters:
            digest = digest_of(text)
            kept = self._verifier.kept(digest, now)
            if kept is not None and (not query or query in kept.granted or _grants(kept, query)):
                note_use(kept.token_id, Reason.GOOD, now, look.asked)
                answer: Ready | None = kept.answer
                if answer is None or now >= answer.until:
                    answer = kept.answer = good(kept.snapshot, now)
                look.answer = answer
                self._tally.hits += 1
                return
            digests.append(digest)
        look.digests = digests

    def refusal(self, why: str, path: str) -> Ready:
        """Return the answer to ``why``, one of ``REFUSALS``, at ``path``."""
        ready = self._ready.get((why, path))
        if ready is None:
            ready = self._ready[why, path] = refusal(REFUSALS[why](), path, self._render)
        return ready

    def fault(self, look: Look, error: Exception) -> Ready:
        """Return the answer to what must not happen, and log it."""
        self._tally.unanswered()
        known = {"request_id": look.request_id.decode("ascii")}
        logger.error("the gate failed", exc_info=error, extra=known)
        return self.refusal("fault", look.path)

    def _reject(self, look: Look, why: str) -> None:
        look.answer = self.refusal(why, look.path)
        self._tally.judged(Reason.MALFORMED)

    def _settled(self, sent: bytes) -> bytes:
        """Return the request id that was sent if it may be kept, else a new one."""
        if _ANY_ID.fullmatch(sent) and not holds_secret(sent.decode("ascii")):
            return sent
        return b"%b%012x" % (self._ids_begin, next(self._ids))

    def _credential(self, headers: Headers) -> Credential:
        """Return the credential of headers of which some may stand twice."""
        authorization = [value for name, value in headers if name == b"authorization"]
        api_key = [value for name, value in headers if name == b"x-api-key"]
        return read_credential(
            _joined(authorization),
            _joined(api_key) if self._takes_api_key else None,
            api_key_counts=True,
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
