"""A way to the database that delays and cuts its connections at random, once it is told to.

``python -m tests.races.proxy PORT HOST:PORT SEED`` listens, says so, and obeys the lines
``rough`` and ``calm`` until its input ends.
"""

import asyncio
import contextlib
import random
import sys

CHUNK = 65_536
LIFE_SECONDS = 4.0
"""A connection of a rough time is cut after about so long."""
DELAYED, DELAY_SECONDS = 0.05, 0.2
HELD, HOLD_SECONDS = 0.001, 1.5
"""One chunk in so many comes late, and one in many much later than any lease lasts."""


class Proxy:
    """Passes bytes between clients and the database, and does harm while ``rough``."""

    def __init__(self, host: str, port: int, seed: int) -> None:
        self._host, self._port = host, port
        self._chance = random.Random(seed)
        self._cutting: set[asyncio.Task[None]] = set()
        self.rough = False

    async def serve(self, inward: asyncio.StreamReader, outward: asyncio.StreamWriter) -> None:
        """Serve one client until either side ends, or it is cut off."""
        try:
            answers, questions = await asyncio.open_connection(self._host, self._port)
        except OSError:
            outward.close()
            return
        sides = (outward, questions)
        cutting = asyncio.create_task(self._cut(sides))
        self._cutting.add(cutting)
        try:
            await asyncio.gather(self._pass(inward, questions), self._pass(answers, outward))
        finally:
            cutting.cancel()
            self._cutting.discard(cutting)

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await source.read(CHUNK):
                if self.rough and (late := self._lateness()):
                    await asyncio.sleep(late)
                target.write(chunk)
                await target.drain()
        target.close()

    def _lateness(self) -> float:
        chance = self._chance.random()
        if chance < HELD:
            return self._chance.uniform(0, HOLD_SECONDS)
        return self._chance.uniform(0, DELAY_SECONDS) if chance < DELAYED else 0.0

    async def _cut(self, sides: tuple[asyncio.StreamWriter, ...]) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / LIFE_SECONDS))
            if self.rough:
                for side in sides:
                    side.transport.abort()
                return


async def run(port: int, target: str, seed: int) -> None:
    """Be the proxy until the input ends."""
    host, _, target_port = target.rpartition(":")
    proxy = Proxy(host, int(target_port), seed)
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", port):
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        while line := await lines.readline():
            proxy.rough = line == b"rough\n"


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
