"""The gate: a bare ASGI callable that answers gateways, in front of everything else.

``/tokens/validate`` and ``/api/tokens/validate``, any method, the body unread (``contract.md``
section 8). What the first look cannot tell (``first_look.py``) is read from the database here.
There is no line in the access log: the counts of ``/metrics`` tell of verdicts.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from accounts.errors import MissingScope
from accounts.redaction import redact
from accounts.request_errors import Unavailable
from tokens.gate.answers import Render, good, refusal
from tokens.gate.facts import facts_in
from tokens.gate.first_look import FirstLook, tell
from tokens.gate.head import Head, message, whole
from tokens.gate.look import LOOKED, Look
from tokens.verify.clock import boot_seconds
from tokens.verify.live import LiveVerifier
from tokens.verify.verdict import Reason
from tokens.verify.waiter import NoVerdict

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Any, Send], Awaitable[None]]

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
        self._render = render
        self._first_look = FirstLook(verifier, render)

    def first_look(self, port: int | None) -> FirstLook | None:  # noqa: ARG002 - see MetricsDoor
        """Return what our server may ask about requests that come in at ``port``."""
        return self._first_look

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """Answer one request."""
        ours = scope.get("extensions", _NONE).get(LOOKED, _NONE)
        look = ours["look"] if ours else self._look(scope)
        if look is None:
            await self._app(scope, receive, send)
            if scope["type"] == "lifespan":
                self._verifier.close()
            return
        head = look.head or await self._read(look)
        told = (look.request_id, len(look.body))
        shown = b"" if scope["method"] == "HEAD" else look.body
        if not ours or not ours.pop("write")(whole(head, *told), shown):
            await send(message(head, *told))
            await send({"type": "http.response.body", "body": shown})

    def _look(self, scope: Scope) -> Look | None:
        if scope["type"] != "http":
            return None
        peer = scope["client"][0] if scope["client"] else ""
        return self._first_look.at(scope["raw_path"], scope["query_string"], scope["headers"], peer)

    async def _read(self, look: Look) -> Head:
        """Have ``look`` tell what the database says, where memory has nothing or not enough."""
        try:
            return await self._judged(look)
        except (NoVerdict, Unavailable):
            self._verifier.tally.unanswered()
            return self._first_look.refuse(look, "no verdict")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and logged
            return self._first_look.fail(look, error)

    async def _judged(self, look: Look) -> Head:
        """Have ``look`` tell the verdict.

        Raises:
            NoVerdict: the database could not be asked.
            Unavailable: the identity could not be signed.
        """
        verdict = await self._verifier.verify(look.digests, facts_in(look.asked[-1]), look.asked)
        if verdict.reason is Reason.GOOD and verdict.snapshot is not None:
            head, _ = good(verdict.snapshot, boot_seconds())
        elif verdict.reason is Reason.SCOPE_MISSING:
            error = MissingScope(redact(" ".join(verdict.lacking)))
            head = tell(look, refusal(error, look.path, self._render))
        else:
            head = self._first_look.refuse(look, "no good token")
        self._verifier.tally.judged(verdict.reason)
        return head
