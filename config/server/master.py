"""The master process: gunicorn's, which keeps the workers, with Wardkey's settings and log."""

import errno
import logging
import os
import socket
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections
from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger

from config.operations.metrics import forget_worker

logger = logging.getLogger("wardkey.server")

GRACEFUL_SECONDS = 30
"""How long a stop waits for running requests; longer than any answer may take."""
KEEP_ALIVE_SECONDS = 75
"""How long an idle connection stays open: a little longer than gateways keep theirs (nginx:
60 s), so that they close first and no request meets a closing connection."""
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - workers' heartbeat files, unlinked at once


class GunicornLog(Logger):
    """gunicorn's messages, through the root logger like everything else; no access log."""

    def setup(self, cfg: Config) -> None:
        """Send everything on to the root logger."""
        self.cfg = cfg
        self.error_log.handlers = []
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)

    def access(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: ``config.operations.middleware`` logs each request."""


class _Master(BaseApplication):
    """gunicorn, configured from here and from nowhere else: no file, no environment."""

    def __init__(self, addresses: Sequence[str], workers: int) -> None:
        self._settings = {
            "bind": list(addresses),
            "workers": workers,
            "worker_class": "config.server.worker.WardkeyWorker",
            "logger_class": "config.server.master.GunicornLog",
            "proc_name": "wardkey",
            "keepalive": KEEP_ALIVE_SECONDS,
            "graceful_timeout": GRACEFUL_SECONDS,
            "preload_app": False,
            "control_socket_disable": True,
            "worker_tmp_dir": str(_heartbeat_folder()),
            "forwarded_allow_ips": "",
            "umask": 0o077,
            "when_ready": _say_where,
            "child_exit": _forget,
        }
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn up."""
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the application; in a worker."""
        from config.asgi import application  # noqa: PLC0415 - made in each worker

        return application


def port_fault(host: str, port: int) -> str | None:
    """Return in one sentence why ``host`` and ``port`` cannot be served on, or None."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            return f"Port {port} of {host} is in use: stop what listens there, or choose another."
        reason = error.strerror if isinstance(error, OSError) else "no such port"
        return f"Cannot listen on port {port} of {host}: {reason}."
    return None


def port_faults(host: str, port: int) -> list[str]:
    """Return why the server's address or that of the metrics cannot be served on."""
    faults = [port_fault(host, port)]
    if settings.WARDKEY_METRICS_ADDRESS is not None:
        metrics_host, metrics_port = settings.WARDKEY_METRICS_ADDRESS
        if metrics_port == port:
            fault: str | None = f"Port {port} is the server's: choose another."
        else:
            fault = port_fault(metrics_host, metrics_port)
        faults.append(fault and f"WARDKEY_METRICS_ADDRESS: {fault}")
    return [fault for fault in faults if fault]


def serve(host: str, port: int, workers: int) -> NoReturn:
    """Serve until a signal ends the process; the process exits with 0 after a graceful stop.

    To be asked first: ``port_faults`` and ``config.operations.health.start_faults``.
    """
    logging.captureWarnings(capture=True)
    _adopt_port(port)
    for connection in connections.all(initialized_only=True):
        # A connection, or the threads of a pool, would be torn by the fork.
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
    addresses = [(host, port), settings.WARDKEY_METRICS_ADDRESS]
    _Master([_written(*each) for each in addresses if each is not None], workers).run()
    raise SystemExit(0)


def _adopt_port(port: int) -> None:
    """Have the settings say the port that is served, for this process and its workers."""
    os.environ["WARDKEY_PORT"] = str(port)
    settings.WARDKEY_PORT = port
    if settings.WARDKEY_PUBLIC_URL_IS_DERIVED:
        url = urlsplit(settings.WARDKEY_PUBLIC_URL)
        settings.WARDKEY_PUBLIC_URL = url._replace(netloc=f"{url.hostname}:{port}").geturl()


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _heartbeat_folder() -> Path:
    """Return a folder whose files do not wait for a disk, or else Wardkey's own."""
    usable = SHARED_MEMORY.is_dir() and os.access(SHARED_MEMORY, os.W_OK)
    return SHARED_MEMORY if usable else Path(settings.WARDKEY_DATA_DIR)


def _say_where(arbiter: Any) -> None:
    address = ", ".join(str(listener) for listener in arbiter.LISTENERS)
    logger.info("listening at %s", address, extra={"workers": arbiter.num_workers})


def _forget(_arbiter: Any, worker: Any) -> None:
    forget_worker(worker.pid)
