"""Serves as ``manage.py serve`` does, but each worker begins long after the keys were read.

So it has none that it may use, and the database takes its time to tell them. Run as
``python -m tests.process tests.forward.serve_late --port PORT --workers N``.
"""

import sys
import time

from django.core.management import call_command

from config.management.commands import serve
from config.server import master
from tokens.services.forward_keys import ready_keys
from tokens.services.held_keys import HELD
from tokens.signing_keys import SigningKeys

SECONDS = 1.5


def _slowly() -> SigningKeys:
    time.sleep(SECONDS)
    return ready_keys()


def _serve_later(host: str, port: int, workers: int) -> None:
    HELD.forget()
    HELD._read = _slowly  # noqa: SLF001
    master.serve(host, port, workers)


if __name__ == "__main__":
    vars(serve)["serve"] = _serve_later
    call_command("serve", *sys.argv[1:])
