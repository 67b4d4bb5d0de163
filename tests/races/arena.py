"""Two servers on one database, for the race between losses and verifies."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit, urlunsplit

import httpx

from tests.races.board import Board
from tests.races.losses import Kind, Loss, Victim, take
from tests.races.outcome import Outcome, judge
from tests.races.verifying import Account
from tests.servers import LOCAL, ROOT, Installation, free_port

SERVERS, TAKERS = 2, 4
WITH_WAIT = ("manage.py", "serve")
WITHOUT_WAIT = ("-m", "tests.process", "tests.races.serve_without_wait")
PAUSE_SECONDS = 0.15
"""Whoever takes rights away rests up to so long between two losses."""
SETTLE_SECONDS = 1.0
"""How long is verified before the first loss and after the last."""
STOP_EVERY, STOPPED = (0.3, 1.5), (0.02, 0.8)
"""Seconds between which a worker is stopped, and for which: from next to nothing to thrice a
lease."""
STEADY = 8
LEAST_LOSSES = 40
"""A race that has seen fewer goes on when its time is over."""


class Arena:
    """An installation with two servers, between them and the database the proxy if there is one."""

    def __init__(self, at: Installation, seed: int) -> None:
        self.at, self._seed = at, seed
        self._chance = random.Random(seed)
        self._jwt = ""
        self._runs = 0
        self.read_url: str | None = None
        """The database that verifies are to read, where it is another one."""

    def prepare(self) -> None:
        """Migrate, and make the people."""
        self.at.do("manage.py", "migrate", "--verbosity", "0")
        self._jwt = json.loads(self.at.do("-m", "tests.process", "tests.races.seed"))["jwt"]

    def run(
        self,
        seconds: float,
        program: tuple[str, ...] = WITH_WAIT,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Outcome:
        """Race for so long, and return what came of it.

        Args:
            program: what serves.
            meanwhile: called once the servers run.
        """
        self._runs += 1
        folder = self.at.folder / f"run-{self._runs}"
        folder.mkdir()
        victims = self._victims(int(2 * seconds * TAKERS / PAUSE_SECONDS) + LEAST_LOSSES)
        (folder / "secrets").write_text("\n".join(victim.secret for victim in victims))
        board = Board(folder / "board")
        with contextlib.ExitStack() as clearing:
            ways = [clearing.enter_context(self._way(url)) for url in self._urls()]
            urls = [way.url for way in ways]
            servers = [clearing.enter_context(self._server(urls, program)) for _ in range(SERVERS)]
            with ThreadPoolExecutor(SERVERS) as threads:
                list(threads.map(lambda server: server.start("--workers", "2"), servers))
            meanwhile()
            asking = [
                clearing.enter_context(_process("tests.races.verifying", *map(str, words)))
                for words in ((folder, server.port, self._seed) for server in servers)
            ]
            clearing.callback(board.end)
            hand = clearing.enter_context(self._hand(program))
            losses = self._race(seconds, victims, board, servers, hand, ways)
            board.end()
            for one in asking:
                assert one.wait(timeout=30) == 0
        verdicts = [
            verdict
            for server in servers
            for verdict in Account.read(folder / f"account-{server.port}")
        ]
        return judge(verdicts, victims, losses)

    def _race(
        self,
        seconds: float,
        victims: list[Victim],
        board: Board,
        servers: list[Installation],
        hand: "Shell",
        ways: list["Way"],
    ) -> dict[int, Loss]:
        """Take rights away while workers stop and go on; return the losses by the victim."""
        time.sleep(SETTLE_SECONDS)
        takers = Takers(self._clients(servers), victims, board, hand, self._seed)
        for way in ways:
            _say(way.control, "rough")
        end = time.monotonic() + seconds
        takers.begin(end)
        pids = [pid for server in servers for pid in server.workers()]
        while time.monotonic() < end or takers.is_short:
            time.sleep(self._chance.uniform(*STOP_EVERY))
            stop_for(self._chance.choice(pids), self._chance.uniform(*STOPPED))
        for way in ways:
            _say(way.control, "calm")
        losses = takers.end()
        time.sleep(SETTLE_SECONDS)
        assert [pid for server in servers for pid in server.workers()] == pids, "one was replaced"
        return losses

    def _victims(self, many: int) -> list[Victim]:
        words = ("-m", "tests.process", "tests.races.victims", str(many), str(STEADY))
        made = json.loads(self.at.do(*words))
        return [Victim(**one | {"kind": one["kind"] and Kind(one["kind"])}) for one in made]

    def _clients(self, servers: list[Installation]) -> list[httpx.Client]:
        headers = {"Authorization": f"Bearer {self._jwt}"}
        return [
            httpx.Client(base_url=f"{server.url}/api", headers=headers, timeout=60)
            for server in servers
        ]

    def _urls(self) -> list[str]:
        """Return the databases that servers are told of; none where it is a file."""
        return [url for url in (self.at.database_url, self.read_url) if url is not None]

    @contextlib.contextmanager
    def _way(self, url: str) -> Iterator["Way"]:
        """Give a way to the database at ``url`` that can be made rough."""
        there, port = urlsplit(url), free_port()
        target = f"{there.hostname}:{there.port or 5432}"
        with _process("tests.races.proxy", str(port), target, str(self._seed)) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == "listening\n"
            who = there.netloc.rpartition("@")[0]
            found = urlunsplit(there._replace(netloc=f"{who}@{LOCAL}:{port}"))
            yield Way(found, process.stdin)

    @contextlib.contextmanager
    def _server(self, urls: list[str], program: tuple[str, ...]) -> Iterator[Installation]:
        """Give a server that is started in the block, and has to stop well."""
        port = free_port()
        folder = self.at.folder / f"server-{port}"
        folder.mkdir()
        server = Installation(folder, urls[0] if urls else None, port)
        server.program = program
        shared = "WARDKEY_PUBLIC_URL" if urls else "WARDKEY_DATA_DIR"
        server.settings[shared] = self.at.environment[shared]
        if urls[1:]:
            server.settings["WARDKEY_VERIFY_DATABASE_URL"] = urls[1]
        try:
            yield server
            assert server.stop() == 0, server.log.read_text()[-4000:]
        finally:
            server.clear_away()

    @contextlib.contextmanager
    def _hand(self, program: tuple[str, ...]) -> Iterator["Shell"]:
        module = "tests.races.by_hand"
        words = ("tests.process", module, *(["without-wait"] if program == WITHOUT_WAIT else []))
        with _process(*words, environment=self.at.environment) as process:
            yield Shell(process)


@dataclass(frozen=True)
class Way:
    """A way to a database, and who hears what it is to be like."""

    url: str
    control: IO[str]


class Shell:
    """Who acts by commands, one after the other."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process, self._lock = process, threading.Lock()

    def do(self, act: str, slug: str) -> None:
        """Do an act of ``tests.races.by_hand``; it is done when this returns."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            _say(self._process.stdin, f"{act} {slug}")
            assert self._process.stdout.readline() == "done\n", "see the output above"


class Takers:
    """Threads that take rights away, each from the next victim, at random moments."""

    def __init__(
        self,
        clients: list[httpx.Client],
        victims: list[Victim],
        board: Board,
        hand: Shell,
        seed: int,
    ) -> None:
        self._clients, self._victims, self._board, self._hand = clients, victims, board, hand
        self._seed = seed
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._losses: dict[int, Loss] = {}
        self._failed: list[BaseException] = []

    def begin(self, end: float) -> None:
        """Take rights away until ``end`` by the monotonic clock."""
        self._threads = [
            threading.Thread(target=self._run, args=(end, random.Random(self._seed + number)))
            for number in range(TAKERS)
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> dict[int, Loss]:
        """Wait for what is under way, and return the losses by the victim's number."""
        for thread in self._threads:
            thread.join()
        for client in self._clients:
            client.close()
        if self._failed:
            raise self._failed[0]
        return self._losses

    @property
    def is_short(self) -> bool:
        """Whether a slow machine has not come to enough losses yet."""
        return self._board.taken < LEAST_LOSSES and not self._failed

    def _run(self, end: float, chance: random.Random) -> None:
        try:
            while time.monotonic() < end or self.is_short:
                time.sleep(chance.uniform(0, PAUSE_SECONDS))
                with self._lock:
                    number = self._board.taken
                    self._board.taken = number + 1
                victim = self._victims[number]
                assert victim.kind is not None, "there are no more victims"
                self._losses[number] = take(victim, self._clients, self._hand, chance)
                self._board.answered = number
        except BaseException as failure:  # noqa: BLE001 - raised in the test's thread
            self._failed.append(failure)


def stop_for(pid: int, seconds: float) -> None:
    """Let a process stand still for a while."""
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def _process(
    module: str, *words: str, environment: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _say(to: IO[str], line: str) -> None:
    to.write(f"{line}\n")
    to.flush()
