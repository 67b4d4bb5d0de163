"""``manage.py serve``: the production server."""

import os
from argparse import ArgumentParser
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from accounts.management.refusals import refusals_told
from config.operations.alone import alone
from config.operations.health import start_faults
from config.operations.keys import (
    forward_key_faults,
    key_faults,
    live_tokens_by_key,
    remember_keys,
    second_factor_faults,
)
from config.operations.metrics import counts_folder, share_counts
from config.server.master import port_faults, serve

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
        if settings.WARDKEY_EMBEDDED and not is_loopback(host):
            faults.append(
                f"The embedded default is for this machine alone, so it is not served on {host}:"
                " set DATABASE_URL and the production settings."
            )
        self._refuse(faults or port_faults(host, port))
        with refusals_told():
            remember_keys()
            # Another machine may have started at the same moment, with another key.
            faults = key_faults(live_tokens_by_key()) + second_factor_faults()
            self._refuse(faults + forward_key_faults())
        self._refuse(_folder_faults(port))
        serve(host, port, workers)

    def _refuse(self, faults: list[str]) -> None:
        """End with 1 if anything is at fault, a line for each."""
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise SystemExit(1)


def _folder_faults(port: int) -> list[str]:
    """Write what is served from the data folder; return why that cannot be done."""
    try:
        share_counts(counts_folder(port))
        settings.WARDKEY_DATA_DIR.mkdir(parents=True, exist_ok=True)
        with alone(settings.WARDKEY_DATA_DIR / "static.collecting"):
            call_command("collectstatic", interactive=False, verbosity=0)
    except OSError as fault:
        owner = f"the user who serves (id {os.geteuid()}; see WARDKEY_DATA_DIR)"
        told = f"The folder {settings.WARDKEY_DATA_DIR} cannot be written: {fault}."
        return [f"{told} It, and all in it, must belong to {owner}."]
    return []


def is_loopback(host: str) -> bool:
    """Say whether ``host`` is an address, or the name, of this machine to itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
