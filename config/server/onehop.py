"""Django's synchronous handler, run whole in one hop on a fixed pool of threads.

Django's own ``ASGIHandler`` crosses between loop and thread several times a request, which
doubles the cost of synchronous views (``docs/decisions``, measured). Here the loop reads the
body, one thread runs everything from ``request_started`` to ``request_finished``, and the loop
sends the answer. Only a response that streams goes back to the threads, once for each part.

The answer to what has taken rights away is held back here, on the loop (``accounts/losses.py``):
that takes neither a thread nor a connection to the database, so it delays nobody else.
"""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from django.core import signals
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.db import close_old_connections
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.urls import set_script_prefix

from accounts import losses
from accounts.errors import DomainError
from accounts.request_errors import MalformedRequest, ServerFault, Unavailable
from config.bounded import start_waiting
from config.server.pool import NoRoom, ThreadRoom, TooLate
from config.server.refusals import Headers, Send, refuse, send_refusal

logger = logging.getLogger("wardkey.server")

Receive = Callable[[], Awaitable[dict[str, Any]]]

ANSWER_SECONDS = 20.0
"""After this long without an answer from Django the client is told to come again; after this
long without the next part of one the connection is closed.
"""
BODYLESS = frozenset({204, 304})
"""Statuses whose answers have no body, RFC 9110 sections 15.3.5 and 15.4.5."""
ALIVE = "/healthz"
"""Has a thread of its own: whoever asks must not take threads that wait for a database that
stands still for a process that hangs."""


class _Parts:
    """The parts of a streaming response; made and used in threads, in its request's context.

    Each part may come from another thread, since none is held while the client reads. So a
    stream asks the database page by page, and never reads on from one open cursor.
    """

    def __init__(self, response: StreamingHttpResponse) -> None:
        self._response = response
        self._context = contextvars.copy_context()
        self._iterator: Iterator[bytes] | None = None

    def next(self) -> bytes | None:
        """Return the next part that is not empty, or None after the last one."""
        return self._context.run(self._next)

    def close(self) -> None:
        """Close the response, which ends the request and gives the connection back."""
        self._context.run(self._response.close)

    def _next(self) -> bytes | None:
        start_waiting()
        if self._iterator is None:
            self._iterator = iter(self._response)
        try:
            return next((part for part in self._iterator if part), None)
        finally:
            close_old_connections()


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a thread brings back: a finished body, or parts that are still to be made."""

    status: int
    headers: Headers
    body: bytes = b""
    parts: _Parts | None = None


class OneHopHandler(ASGIHandler):
    """Django as an ASGI application whose views, middleware and signals are all synchronous.

    Args:
        room: the threads to run on.
        seconds: how long an answer may take before the client is told to come again. The
            thread that is stuck is left alone and keeps its place until it ends.
    """

    def __init__(self, room: ThreadRoom | None = None, seconds: float = ANSWER_SECONDS) -> None:
        # Not ASGIHandler.__init__: it would load the chain for coroutines.
        self.load_middleware(is_async=False)
        self._room = room or ThreadRoom()
        self._alive_room = ThreadRoom(threads=1)
        self._seconds = seconds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one HTTP request; the first message of ``receive`` is its whole body."""
        message = await receive()
        if message["type"] != "http.request":
            return
        room = self._alive_room if scope["path"] == ALIVE else self._room
        start_waiting()  # here, since waiting for a thread is waiting too
        context, owed = contextvars.copy_context(), losses.Owed()
        context.run(losses.note_in, owed)
        work = partial(context.run, self._answer, scope, message.get("body", b""))
        try:
            answer = await room.run(work, seconds=self._seconds, late=_drop)
        except (NoRoom, TooLate) as error:
            logger.error("no thread answered %s: %s", scope["path"], type(error).__name__)  # noqa: TRY400 - known causes
            await _hold(owed)
            await send_refusal(refuse(Unavailable(), path=scope["path"]), scope, send)
            return
        await _hold(owed)
        if answer.parts is not None:
            await self._send_parts(answer, answer.parts, owed, scope, receive, send)
            return
        await send(_start(answer))
        await send(_body(b"" if scope["method"] == "HEAD" else answer.body))

    def close(self) -> None:
        """Wait for what is running; called once, when the process ends."""
        self._room.close()
        self._alive_room.close()

    def _answer(self, scope: dict[str, Any], body: bytes) -> _Answer:
        """Run the whole request; in a thread. Raises nothing: what fails is a refusal."""
        try:
            return self._run_django(scope, body)
        except DomainError as error:
            refusal = refuse(error, path=scope["path"])
        except BaseException:  # SystemExit of a view too: raised in the loop, it ends the process
            refusal = refuse(ServerFault(), path=scope["path"])
            request_id = dict(refusal.headers)[b"x-request-id"].decode("ascii")
            logger.exception("Django failed as a whole", extra={"request_id": request_id})
        return _Answer(refusal.status, refusal.headers, refusal.body)

    def _run_django(self, scope: dict[str, Any], body: bytes) -> _Answer:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self), scope=scope)
        request, _ = self.create_request(scope, BytesIO(body))
        if request is None:
            signals.request_finished.send(sender=type(self))
            raise MalformedRequest("The query is not text in UTF-8.")
        response = self._response_to(request)
        try:
            headers = _headers(response)
            bodyless = request.method == "HEAD" or response.status_code in BODYLESS
            if isinstance(response, StreamingHttpResponse) and not bodyless:
                return _Answer(response.status_code, headers, parts=_Parts(response))
            content = b"" if bodyless else _content(response)
        except BaseException:
            response.close()
            raise
        response.close()
        return _Answer(response.status_code, headers, content)

    def _response_to(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # the sender of request_finished, as Django's own handlers set it
        response._handler_class = type(self)  # type: ignore[attr-defined] # noqa: SLF001
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        return response

    async def _send_parts(
        self,
        answer: _Answer,
        parts: _Parts,
        owed: losses.Owed,
        scope: dict[str, Any],
        receive: Receive,
        send: Send,
    ) -> None:
        """Send a streaming response part by part, as fast as the client takes it.

        A status was sent before a part can fail: all that can be told then is to end the
        connection, which the server does when this returns before the last part. Once a wait is
        owed, each part is kept until the next one is made, and the last until the wait is over.
        """
        kept = b""
        gone = asyncio.ensure_future(_until_gone(receive))
        in_room = partial(self._room.run, seconds=self._seconds, admitted=True)
        try:
            await send(_start(answer))
            while not gone.done():
                part = await in_room(parts.next, late=lambda _: parts.close())
                if part is None:
                    await _hold(owed)
                    await send(_body(kept))
                    break
                if owed.is_owed:
                    part, kept = kept, part
                if part:
                    await send(_body(part, more=True))
        except TooLate:
            logger.error("a streaming answer stood still: %s", scope["path"])  # noqa: TRY400
            await _hold(owed)
            return  # the thread that holds the parts closes them
        except Exception:
            logger.exception("a streaming answer broke off: %s", scope["path"])
        finally:
            gone.cancel()
        await in_room(parts.close)
        await _hold(owed)  # if it broke off


def _drop(answer: _Answer | None) -> None:
    """End what nobody waits for any more."""
    if answer is not None and answer.parts is not None:
        answer.parts.close()


async def _hold(owed: losses.Owed) -> None:
    """Return at once, or, if the request may have taken rights away, when nobody has them."""
    if owed.settle():
        with losses.counted():
            await asyncio.sleep(losses.WAIT_SECONDS)


async def _until_gone(receive: Receive) -> None:
    """Return when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _content(response: HttpResponseBase) -> bytes:
    """Return the body of a response that does not stream."""
    return response.content if isinstance(response, HttpResponse) else b""


def _start(answer: _Answer) -> dict[str, Any]:
    return {"type": "http.response.start", "status": answer.status, "headers": answer.headers}


def _body(part: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": part, "more_body": more}


def _headers(response: HttpResponseBase) -> Headers:
    """Return the headers of ``response`` as bytes, with a length wherever one is due."""
    headers = [
        (name.encode("ascii"), value.encode("latin1"))
        for name, value in response.items()
        # RFC 9110 section 8.6: none with 204, though CommonMiddleware adds a zero
        if not (response.status_code in BODYLESS and name.lower() == "content-length")
    ]
    headers += [
        (b"set-cookie", cookie.output(header="").strip().encode("ascii"))
        for cookie in response.cookies.values()
    ]
    if response.streaming or response.status_code in BODYLESS:
        return headers
    if not response.has_header("Content-Length"):
        headers.append((b"content-length", str(len(_content(response))).encode("ascii")))
    return headers
