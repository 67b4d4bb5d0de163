"""``manage.py quickstart``: from a fresh clone to a token that was used and refused."""

import json
import signal
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections
from django.utils import timezone

from accounts import jwt
from accounts.management.refusals import Refused, refusals_told
from config.quickstart.ground import EMAIL, ORGANIZATION, Ground, give_password, prepare
from config.quickstart.server import HOST, ServerProcess
from config.quickstart.walk import Step, Walk
from config.quickstart.words import curl_lines, facts, step_line, until
from config.server.master import port_fault


class _Told(BaseException):
    """A signal that asks the process to end has come."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Command(BaseCommand):
    """Sets up a demo, serves it, does the main job once, and shows how to do it by hand."""

    help = (
        "Set up a demo organization, serve it, create, use and revoke a token once, and print"
        " the same as curl lines to paste. Runs until Ctrl-C. Running it again keeps everything."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--no-serve", action="store_true", help="set everything up, but start nothing"
        )
        parser.add_argument(
            "--port", type=_port, default=settings.WARDKEY_PORT, help="default: %(default)s"
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="print one JSON object on standard output, and the words on standard error",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Refuse early, set up, serve."""
        self._words = self.stderr if options["json"] else self.stdout
        self._json: bool = options["json"]
        self._port: int = options["port"]
        self._url = f"http://{HOST}:{self._port}"
        if not settings.WARDKEY_EMBEDDED:
            raise Refused(
                "quickstart is for the embedded database alone, and DATABASE_URL names another."
                " There: manage.py migrate, create_organization, serve."
            )
        if not options["no_serve"] and (fault := port_fault(HOST, self._port)):
            raise Refused(fault)
        with refusals_told():
            ground = prepare()
        if options["no_serve"]:
            self._show_result(ground)
            self._say("Next: manage.py serve, then paste the lines. Or: manage.py quickstart")
        else:
            self._serve(ground)

    def _serve(self, ground: Ground) -> None:
        """Serve until the server ends or a signal comes; exits with the server's code."""
        with _signals_raise():
            server = ServerProcess(self._port)
            try:
                self._begin(server, ground)
                server.wait()
                raise Refused(server.death())
            except _Told as told:
                self._say("\nStopping…")
                # A server takes SIGHUP, which a closed terminal sends, for something else.
                number = signal.SIGTERM if told.number == signal.SIGHUP else told.number
                raise SystemExit(server.stop(number)) from None
            finally:
                server.stop()

    def _begin(self, server: ServerProcess, ground: Ground) -> None:
        """Wait for the server, do the main job, show the result."""
        self._say(f"Starting the server on {self._url}")
        server.wait_until_ready()
        self._say("The main job, done once:\n")
        numbers = iter(range(1, 100))

        def show(step: Step) -> None:
            self._say(step_line(next(numbers), step))

        Walk(self._port, ground.jwt(), show).run()
        self._say("")
        self._show_result(ground)
        connections.close_all()
        self._say(f"Serving; the log is in {server.log}. Ctrl-C stops.")

    def _show_result(self, ground: Ground) -> None:
        """Print what the newcomer goes on with."""
        with refusals_told():
            password, fresh = give_password(), ground.jwt()
        if self._json:
            result = {"url": self._url, "organization": ORGANIZATION, "email": EMAIL}
            result |= ({"password": password} if password else {}) | {"jwt": fresh}
            self.stdout.write(json.dumps(result))
            self.stdout.flush()
            return
        again = f"given before; a new one: manage.py changepassword {EMAIL}"
        pairs = [
            ("Address", self._url),
            # By name: browsers let passkeys belong to a name, not to a bare address.
            ("Console", f"http://localhost:{self._port}/console/"),
            ("Organization", ORGANIZATION),
            ("Owner", EMAIL),
            ("Password", f"{password}  (shown this once)" if password else again),
            ("Data", str(settings.WARDKEY_DATA_DIR)),
        ]
        end = until(timezone.now() + jwt.LONGEST_LIFETIME)
        self._say(facts(pairs))
        self._say(f"\nNow you, in another shell. The JWT is good for an hour, until {end}.\n")
        self._say(curl_lines(self._url, fresh))

    def _say(self, text: str) -> None:
        """Write at once: whoever reads a pipe waits for it."""
        self._words.write(f"{text}\n", ending="")
        self._words.flush()


@contextmanager
def _signals_raise() -> Iterator[None]:
    """Have SIGINT, SIGTERM and SIGHUP raise ``_Told``, once; a second one ends the process."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def tell(number: int, _frame: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_DFL)
        raise _Told(number)

    before = {number: signal.signal(number, tell) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:  # noqa: PLR2004 - TCP's
        raise ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)
