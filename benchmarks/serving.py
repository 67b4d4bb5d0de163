"""Serves as ``manage.py serve`` does, with another wait after losses of rights.

Run as ``python -m tests.process benchmarks.serving WAIT --port PORT --workers N``. WAIT is
``held``, as it is; ``none``, so that a revoke may be answered too early; or ``blocking``, on the
thread that revoked.
What is set here, in the master, is what its workers start with.
"""

import sys

from django.core.management import call_command

from accounts import losses


def nobody_holds(owed: losses.Owed | None) -> None:
    """Note nowhere what is owed: services wait for themselves then."""


if __name__ == "__main__":
    wait, *options = sys.argv[1:]
    if wait == "none":
        losses.WAIT_SECONDS = 0.0
    if wait == "blocking":
        losses.note_in = nobody_holds
    call_command("serve", *options)
