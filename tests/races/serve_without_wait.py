"""Serves as ``manage.py serve`` does, but answers every loss of rights at once.

So the promise is broken, and the race test has to find it.

Run as ``python -m tests.process tests.races.serve_without_wait --port PORT --workers N``. What
is set here, in the master, is what its workers start with.
"""

import sys

from django.core.management import call_command

from accounts import losses

if __name__ == "__main__":
    losses.WAIT_SECONDS = 0.0
    call_command("serve", *sys.argv[1:])
