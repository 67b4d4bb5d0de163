"""``manage.py serve``: the production server."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from accounts.management.refusals import refusals_told
from config.operations.health import start_faults
from config.operations.keys import remember_keys
from config.server.master import port_fault, serve

WORKERS = 2


class Command(BaseCommand):
    """Serves until it is told to stop; SIGTERM and SIGINT finish what runs, and exit with 0."""

    help = (
        "Serve Wardkey. SIGTERM or Ctrl-C finishes the requests that run. "
        "Exits with 1 if the installation is not ready to be served or the port is taken."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
        parser.add_argument(
            "--port", type=int, default=settings.WARDKEY_PORT, help="default: %(default)s"
        )
        parser.add_argument(
            "--workers",
            type=int,
            default=WORKERS,
            help="worker processes, about one for each core (default: %(default)s)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check that serving makes sense, and serve."""
        host, port, workers = options["host"], options["port"], options["workers"]
        with refusals_told():
            faults = start_faults()
        if workers < 1:
            faults.append("--workers must be at least 1.")
        if not faults and (busy := port_fault(host, port)):
            faults.append(busy)
        if faults:
            for fault in faults:
                self.stderr.write(fault)
            raise SystemExit(1)
        with refusals_told():
            remember_keys()
        call_command("collectstatic", interactive=False, verbosity=0)
        serve(host, port, workers)
