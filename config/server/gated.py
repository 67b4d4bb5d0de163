"""The protocol that Wardkey serves with: bounded, and quick where the gate knows the answer.

Where an application has a first look (``tokens/gate/look.py``), it is asked as soon as a head is
read. What it can tell is written then and there, before there is a scope, a cycle or a task, which
cost more than the verdict; what it cannot goes on as any other request, with what was found.
"""

from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from config.server.protocol import BoundedProtocol
from config.server.refusals import Headers
from tokens.gate.head import whole
from tokens.gate.look import LOOKED, Look, Looks

MOST_AT_ONCE = 32
"""Requests that are answered in a row; what else one client has sent ahead waits its turn."""


class GatedProtocol(BoundedProtocol):
    """One connection, some of whose requests the gate answers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._first_look: Looks | None = None
        self._is_answered = False
        self._at_once = 0

    def connection_made(self, transport: Any) -> None:
        """Find out whom to ask."""
        super().connection_made(transport)
        looking = getattr(self.app, "first_look", None)
        if looking is not None and self.server is not None:
            self._first_look = looking(self.server[1])

    def data_received(self, data: bytes) -> None:
        """Parse what came in."""
        self._at_once = 0
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Answer, or hand the request on."""
        look = None if self._resuming else self._look()
        if look is not None and self._answered(look):
            self._head_is_read()
            return
        super().on_headers_complete()
        if look is not None:
            write = partial(_write_whole, self.cycle)
            self.scope["extensions"] = {LOOKED: {"look": look, "write": write}}

    def on_message_complete(self) -> None:
        """End the request."""
        if self._is_answered:
            self._is_answered = False
            self._message_is_read()
        else:
            super().on_message_complete()

    def _look(self) -> Look | None:
        """Return what the gate can tell at once, if it is asked and it is its turn."""
        if self._first_look is None or self._unanswered or self.flow.write_paused:
            return None
        if self._at_once == MOST_AT_ONCE:
            return None
        path, _, query = self.url.partition(b"?")
        if b"#" in query or self.parser.should_upgrade():
            return None
        peer = self.client[0] if self.client else ""
        return self._first_look.at(path, query, self.headers, peer)

    def _answered(self, look: Look) -> bool:
        """Answer before anything is made that ASGI needs, and return whether that could be."""
        parser, transport = self.parser, self.transport
        if look.head is None or look.has_body:
            return False
        keep_alive = parser.get_http_version() != "1.0" and parser.should_keep_alive()
        more = _last_lines(self.server_state.default_headers, keep_alive=keep_alive)
        head = whole(look.head, look.request_id, len(look.body))
        shown = b"" if parser.get_method() == b"HEAD" else look.body
        transport.write(b"%b%b\r\n%b" % (head, more, shown))
        if not keep_alive:
            transport.close()
        self.server_state.total_requests += 1
        self._is_answered = True
        self._at_once += 1
        return True


def _write_whole(cycle: RequestResponseCycle, head: bytes, body: bytes) -> bool:
    """Write an answer at once; see ``LOOKED``.

    uvicorn's ``send`` takes two messages for it, and looks into each header.
    """
    if cycle.response_started or cycle.flow.write_paused:
        return False
    cycle.response_started = cycle.response_complete = True
    if not cycle.disconnected:
        more = _last_lines(cycle.default_headers, keep_alive=cycle.keep_alive)
        cycle.transport.write(b"%b%b\r\n%b" % (head, more, body))
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
    return True


def _last_lines(default_headers: Headers, *, keep_alive: bool) -> bytes:
    """Return the lines of a head that are the server's own, not the answer's."""
    lines = [b"%b: %b\r\n" % pair for pair in default_headers]
    return b"".join(lines if keep_alive else [*lines, b"connection: close\r\n"])
