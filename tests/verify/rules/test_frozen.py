"""Rule 14 on PostgreSQL: what does not answer is cut by its socket, and asked anew."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Event, Thread

import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

from tests.verify.rules.database import digest_of
from tests.verify.rules.real import shown
from tests.verify.rules.world import NOBODY
from tokens.services.issue import IssuedToken
from tokens.verify import live
from tokens.verify.lines import open_lines
from tokens.verify.live import LiveVerifier
from tokens.verify.snapshot import CallFacts
from tokens.verify.verdict import Reason
from tokens.verify.waiter import NoVerdict

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.fault,
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="there is no socket to SQLite"),
]

LONGEST_SECONDS = 60
"""How long a story may take on a busy machine."""


class Proxy:
    """Stands between lines and PostgreSQL, and passes nothing on while it is frozen."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.flows = Event()
        self.flows.set()
        self._ends: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                wanted = connection.settings_dict
                far = socket.create_connection((wanted["HOST"], int(wanted["PORT"] or 5432)))
                self._ends += [near, far]
                for ends in ((near, far), (far, near)):
                    Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self.flows.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)

    def end_all(self) -> None:
        """End every connection."""
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End every connection, and take no more."""
        self.flows.set()
        self.end_all()
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # else who receives on it goes on
            end.close()


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A proxy through which lines go to the database."""
    proxy = Proxy()
    told = connection.get_connection_params() | {"host": "127.0.0.1", "port": proxy.port}
    monkeypatch.setattr(DatabaseWrapper, "get_connection_params", lambda _: told)
    monkeypatch.setattr(live, "note_use", lambda *_: None)
    yield proxy
    proxy.close()


def test_rule_14_who_waits_on_a_line_that_is_cut_is_told_so_at_once(
    ci: IssuedToken, proxy: Proxy
) -> None:
    async def story() -> None:
        lines = await open_lines()
        proxy.flows.clear()
        waiting = [
            asyncio.create_task(ask) for ask in (lines.read([digest_of(shown(ci))]), lines.poll(1))
        ]
        await asyncio.sleep(0.05)
        lines.cut()
        _, late = await asyncio.wait(waiting, timeout=LONGEST_SECONDS)
        assert not late  # though nothing flows yet
        assert all(task.exception() is not None for task in waiting)

    asyncio.run(story())


def test_rule_14_a_frozen_database_is_given_up_and_asked_again(
    ci: IssuedToken, proxy: Proxy
) -> None:
    async def verdict(verifier: LiveVerifier) -> Reason | None:
        try:
            return (await verifier.verify([digest_of(shown(ci))], CallFacts(), NOBODY)).reason
        except NoVerdict:
            return None

    async def story() -> None:
        verifier = LiveVerifier(open_lines)
        async with asyncio.timeout(LONGEST_SECONDS):
            assert await verdict(verifier) is Reason.GOOD
            proxy.flows.clear()
            assert await verdict(verifier) is None  # though nothing flows yet
            proxy.flows.set()
            while await verdict(verifier) is not Reason.GOOD:
                pass
        verifier.close()

    asyncio.run(story())


def test_rule_14_a_connection_that_ends_while_nobody_asks_costs_nobody_a_verdict(
    ci: IssuedToken, proxy: Proxy
) -> None:
    async def story() -> None:
        verifier = LiveVerifier(open_lines)
        digests = [digest_of(shown(ci))]
        assert (await verifier.verify(digests, CallFacts(), NOBODY)).reason is Reason.GOOD
        await asyncio.sleep(0.7)  # nobody asks: no poll finds it out
        proxy.end_all()
        await asyncio.sleep(0.3)
        assert (await verifier.verify(digests, CallFacts(), NOBODY)).reason is Reason.GOOD
        verifier.close()

    asyncio.run(story())


def test_rule_14_a_process_has_two_connections_of_its_own(ci: IssuedToken) -> None:
    async def story() -> None:
        lines = await open_lines()
        await lines.poll(1)
        end = time.monotonic() + 5  # those of the tests before may be about to end
        while (count := await asyncio.to_thread(_connections)) > 2:
            assert time.monotonic() < end
        lines.cut()
        assert count == 2

    asyncio.run(story())


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'wardkey verify' AND datname = current_database()"
        )
        count = int(cursor.fetchone()[0])
    connection.close()
    return count
