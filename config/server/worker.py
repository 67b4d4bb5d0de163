"""The worker process: uvicorn under gunicorn's master, set up as Wardkey needs it."""

import asyncio
import logging
import os
import signal
import sys
from types import FrameType
from typing import Any, ClassVar

from gunicorn.arbiter import Arbiter
from uvicorn.server import Server
from uvicorn_worker import UvicornWorker

TICKS_A_SECOND = 10
"""How often uvicorn calls ``on_tick``."""
SWITCH_SECONDS = 0.0005
"""How long a thread of the REST API may keep the interpreter from the loop, where verifies are
answered; Python's own 5 ms made them wait half as long again (design: verify.md)."""


class _Server(Server):
    """uvicorn's server, ended by its master's signals or by its master's end, always gently."""

    def __init__(self, *args: Any, master: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._master = master

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish what runs, then end.

        A terminal's Ctrl-C comes twice, by itself and through the master: the second one must
        not cut requests off.
        """
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """End when the master was killed: nobody else would tell."""
        if counter % TICKS_A_SECOND == 0 and os.getppid() != self._master:
            self.should_exit = True
        return await super().on_tick(counter)


class WardkeyWorker(UvicornWorker):
    """Serves ``config.asgi.application`` with the gated protocol.

    Addresses and schemes told by proxies are ignored here; Django decides whom it believes.
    """

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "config.server.gated:GatedProtocol",
        "ws": "none",
        "interface": "asgi3",
        "lifespan": "on",
        "proxy_headers": False,
        "server_header": False,
        "access_log": False,
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The base class hands gunicorn's handlers on and cuts the way to the root logger.
        log = logging.getLogger("uvicorn.error")
        log.handlers = []
        log.propagate = True
        log.setLevel(logging.WARNING)

    def init_signals(self) -> None:
        """Let a stop that comes while the worker still starts end it as it should."""
        super().init_signals()
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(sig, lambda *_: sys.exit(0))

    async def _serve(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self.config.app = self.wsgi
        server = _Server(config=self.config, master=self.ppid)
        # The master sends SIGQUIT when it is interrupted; the base class would not hear it.
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGQUIT, server.handle_exit, signal.SIGQUIT, None)
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
