"""The server that quickstart starts: ``manage.py serve`` as a child process."""

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings

from accounts.management.refusals import Refused

HOST = "127.0.0.1"
READY_SECONDS = 30
LAST_LINES = 10


class ServerProcess:
    """One ``manage.py serve`` on ``port``; its log goes to a file in the data folder.

    It runs in a session of its own, so that Ctrl-C in a terminal reaches it once, by
    way of ``stop``.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.log = Path(settings.WARDKEY_DATA_DIR) / "quickstart.log"
        environment = dict(os.environ, WARDKEY_PORT=str(port))
        environment.pop("WARDKEY_PORT_FILE", None)
        handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        with os.fdopen(handle, "wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Return once ``/readyz`` answers 200.

        Raises:
            Refused: the server ended, or was not ready in time; with its last lines.
        """
        end = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None:
                raise Refused(self.death())
            if time.monotonic() > end:
                said = f"The server was not ready after {READY_SECONDS} seconds."
                raise Refused(f"{said}\n{self._last_lines()}")
            time.sleep(0.05)

    def wait(self) -> int:
        """Return the exit code once the server has ended, as a shell would tell it."""
        code = self._process.wait()
        return 128 - code if code < 0 else code

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Pass a signal on, let the server finish what runs, and return its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self.wait()

    def death(self) -> str:
        """Return that the server has ended by itself, and its last lines."""
        return f"The server ended by itself (exit code {self.wait()}).\n{self._last_lines()}"

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _last_lines(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"Its last lines, from {self.log}:", *lines[-LAST_LINES:]])
