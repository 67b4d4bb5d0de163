"""HTTP/1.1 as uvicorn speaks it, with bounds, and with refusals that are problem documents.

uvicorn's ``HttpToolsProtocol`` reads heads of any size, waits for ever on half of one, takes
trailers for headers, loses the body of a request that offers an upgrade (Java's HttpClient
offers h2c with its first POST), and answers garbage at once, into the answer of the request
before it. Each is put right here; everything else is uvicorn's.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from accounts.errors import DomainError
from accounts.request_errors import MalformedRequest, RequestTimeout
from config.server.refusals import refuse

SLICE = 16 * 1024
"""Bytes given to the parser at a time; a head that is still open is measured in these steps."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of a head is read, and how long each end of a connection is waited for."""

    head_bytes: int = 64 * 1024
    """Request line, headers and trailers together."""
    head_seconds: float = 10.0
    """From the connection, or a head's first byte, to the head's end."""
    linger_seconds: float = 2.0
    """How long what is still sent after an answer is thrown away unread. Closing at once
    would reset the connection, and the client might lose the answer."""


class _NoMore(Exception):
    """Raised through the parser, which stops reading there."""


class _HeadTooLarge(Exception):
    """Raised through the parser, which stops reading there."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. See the module for what differs from uvicorn's class."""

    def __init__(self, *args: Any, bounds: Bounds | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._bounds = bounds or Bounds()
        self._reading_head = False
        self._reading_message = False
        self._resuming = False
        self._head_size = 0
        self._unheard = 0
        self._unanswered = 0
        self._refused = False
        self._last_words = b""
        self._head_timer: asyncio.TimerHandle | None = None
        self._linger_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start waiting for the first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection and its timers."""
        self._stop_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came in, unless the connection is only waiting to be closed."""
        self._unset_keepalive_if_required()
        for start in range(0, len(data), SLICE):
            if self._refused:
                return
            self._parse(data[start : start + SLICE])
        if not (self._unanswered or self._reading_message or self._refused or self._head_timer):
            self._keep_alive()  # empty lines, or the rest of a body that was answered early

    def _parse(self, data: bytes) -> None:
        before = self._head_size
        self._heard = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._go_on_without_upgrade(data[offer.args[0] :])
            return
        except httptools.HttpParserError:
            self._refuse_head() if self._head_size > self._bounds.head_bytes else self._refuse(
                MalformedRequest("This is not an HTTP/1.1 request.")
            )
            return
        quiet = not self._heard and self._head_size == before
        self._unheard = self._unheard + len(data) if quiet else 0
        if self._head_size + self._unheard > self._bounds.head_bytes:
            self._refuse_head()

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """Ignore the offer, as RFC 9110 section 7.8 allows.

        The parser takes every offer for accepted and the body for something else than HTTP. A
        new one is told how the body is framed, and reads on from there.
        """
        framing = (b"content-length", b"transfer-encoding")
        lines = [name + b": " + value for name, value in self.headers if name in framing]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._resuming = True
        try:
            self.parser.feed_data(b"\r\n".join([b"POST / HTTP/1.1", *lines, b"", b""]))
        except httptools.HttpParserError:
            self._refuse(MalformedRequest("This is not an HTTP/1.1 request."))
            return
        finally:
            self._resuming = False
        if rest:
            self._parse(rest)

    # What the parser calls

    def on_message_begin(self) -> None:
        """Begin a head."""
        if self._resuming:
            return
        if self.transport.is_closing():
            raise _NoMore  # behind the last request of HTTP/1.0; of 1.1 the parser stops by itself
        super().on_message_begin()
        self._reading_head = self._reading_message = self._heard = True
        self._head_size = 0
        self._await_head()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        if not self._resuming:
            super().on_url(url)
            self._measure(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one that stands behind the body (a trailer) is dropped."""
        if self._reading_head:
            super().on_header(name, value)
        if not self._resuming:
            self._measure(len(name) + len(value) + 4)

    def on_headers_complete(self) -> None:
        """Hand the request on; its body may still be on its way."""
        if self._resuming:
            return
        self._head_is_read()
        super().on_headers_complete()
        self._unanswered += 1

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._heard = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request, unless its body was kept back behind the offer of an upgrade."""
        if self.parser.should_upgrade():
            return
        self._message_is_read()
        super().on_message_complete()

    def _head_is_read(self) -> None:
        self._reading_head = False
        self._heard = True
        self._stop_head_timer()

    def _message_is_read(self) -> None:
        self._reading_message = False
        self._heard = True
        if self._linger_timer is not None:
            self._linger_timer.cancel()
            self._linger_timer = None

    # What uvicorn calls

    def on_response_complete(self) -> None:
        """Go on with what waits behind the request that was just answered."""
        self._unanswered -= 1
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self._last_words and not self._unanswered:
            self._say_last(self._last_words)
        elif self._reading_message and not self._reading_head and not self._unanswered:
            self._linger()  # the body of a request that was answered before its end

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: any client can cause it."""

    # Refusing

    def _measure(self, size: int) -> None:
        self._heard = True
        self._head_size += size
        if self._head_size > self._bounds.head_bytes:
            raise _HeadTooLarge

    def _refuse_head(self) -> None:
        limit = self._bounds.head_bytes // 1024
        self._refuse(MalformedRequest(f"The request's head is larger than {limit} KiB."))

    def _refuse(self, error: DomainError) -> None:
        """Read no further, and answer with ``error`` once all that came before is answered."""
        self._refused = True
        self._stop_timers()
        cycle = self.cycle
        if self._unanswered and cycle.more_body and not cycle.response_complete:
            self._call_off(cycle)
        if self.transport.is_closing():
            return
        words = refuse(error, path=self._path()).as_http(self.server_state.default_headers)
        if self._unanswered:
            self._last_words = words
        else:
            self._say_last(words)

    def _call_off(self, cycle: RequestResponseCycle) -> None:
        """Have a request whose body can never be whole look as if its client had gone."""
        self._unanswered -= 1
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
            return
        if cycle.response_started:
            self.transport.close()
        cycle.disconnected = True
        cycle.message_event.set()

    def _path(self) -> str:
        url: bytes = getattr(self, "url", b"") if self._reading_message else b""
        path = url.partition(b"?")[0][:200].decode("ascii", "replace")
        return path if path.startswith("/") else "/"

    def _say_last(self, words: bytes) -> None:
        self._unset_keepalive_if_required()
        self.transport.write(words)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._linger()

    # Timers

    def _await_head(self) -> None:
        if self._head_timer is None:
            wait = self._bounds.head_seconds
            self._head_timer = self.loop.call_later(wait, self._head_is_late)

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._reading_head:
            self._refuse(RequestTimeout("The request's head did not arrive in time."))
        else:
            self.transport.close()  # nothing was asked, so there is nothing to answer

    def _keep_alive(self) -> None:
        wait = self.timeout_keep_alive
        self.timeout_keep_alive_task = self.loop.call_later(wait, self.timeout_keep_alive_handler)

    def _linger(self) -> None:
        wait = self._bounds.linger_seconds
        self._linger_timer = self.loop.call_later(wait, self.transport.close)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_timers(self) -> None:
        self._stop_head_timer()
        if self._linger_timer is not None:
            self._linger_timer.cancel()
            self._linger_timer = None
