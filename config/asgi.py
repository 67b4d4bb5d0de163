"""The server's entry: the gate, behind it the front, behind that Django's synchronous handler.

``manage.py serve`` imports this once in each worker. The pieces are made here; the threads that
answer are made with the first request, those of the rounds when the server starts.
"""

import os

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from accounts.counters import make_all  # noqa: E402 - Django has to be set up before
from config.server.front import Front  # noqa: E402
from config.server.metrics_door import MetricsDoor  # noqa: E402
from config.server.onehop import OneHopHandler  # noqa: E402
from config.server.refusals import render  # noqa: E402
from config.server.rounds import start_rounds, stop_rounds  # noqa: E402
from tokens.gate.asgi import App, Gate  # noqa: E402
from tokens.verify.lines import open_lines  # noqa: E402
from tokens.verify.live import LiveVerifier  # noqa: E402

django_handler = OneHopHandler()


def _close() -> None:
    """Wait for what still runs, then write what it noted."""
    django_handler.close()
    stop_rounds()


make_all()
gate = Gate(
    Front(django_handler, start=start_rounds, close=_close), LiveVerifier(open_lines), render
)
application: App = gate
if settings.WARDKEY_METRICS_ADDRESS is not None:
    application = MetricsDoor(gate, settings.WARDKEY_METRICS_ADDRESS[1])
