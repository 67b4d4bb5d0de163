"""``/metrics``: the counts of all workers, in Prometheus' text format.

They tell how much is going on, so they are shown to who has ``WARDKEY_METRICS_TOKEN``
alone; without the setting there is no such address. ``config/server/metrics_door.py`` tells
them at an address of their own.
"""

import hmac
import os
import stat
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from accounts.api.base import PublicViewSet
from accounts.bearer import read_credential
from accounts.errors import NoIdentity
from config.api.problems import no_such_address

SHARED = "PROMETHEUS_MULTIPROC_DIR"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder that nobody else can enter


class MetricsViewSet(PublicViewSet):
    """The counts."""

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse before anything else where the address does not exist."""
        if not settings.WARDKEY_METRICS_TOKEN:
            raise no_such_address()
        super().initial(request, *args, **kwargs)

    def identify(self, request: Request) -> None:
        """Refuse who does not have the token."""
        credential = read_credential(request.headers.get("Authorization"))
        sent, wanted = credential.text or "", settings.WARDKEY_METRICS_TOKEN
        if not hmac.compare_digest(sent.encode(), wanted.encode()):
            raise NoIdentity(sent=credential.sent)

    def list(self, request: Request) -> HttpResponse:
        """Return the counts of every worker, added up."""
        text, content_type = written_counts()
        return HttpResponse(text, content_type=content_type)


def written_counts() -> tuple[bytes, str]:
    """Return the counts of every worker, added up, and the type of their text."""
    # Not before the process has said where counts are shared: see accounts/counters.py.
    from prometheus_client import (  # noqa: PLC0415
        CONTENT_TYPE_LATEST,
        REGISTRY,
        CollectorRegistry,
        generate_latest,
    )
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

    registry = REGISTRY
    if SHARED in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST


def counts_folder(port: int) -> Path:
    """Return where the workers of the server at ``port`` share their counts.

    In memory, where it can be shared: counts are written through mapped files, and on a disk that
    is full such a write ends the process (SIGBUS).
    """
    own = SHARED_MEMORY / f"wardkey-{os.getuid()}-{port}"
    with suppress(OSError):
        own.mkdir(mode=0o700, exist_ok=True)
        found = own.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid():
            return own
    return Path(settings.WARDKEY_DATA_DIR) / "metrics" / str(port)


def share_counts(folder: Path) -> None:
    """Have the workers that are forked from now on share their counts in ``folder``.

    What an earlier run left there is removed: counters begin at nothing with the server.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left_over in folder.glob("*.db"):
        left_over.unlink()
    os.environ[SHARED] = str(folder)


def forget_worker(process_id: int) -> None:
    """Drop what a worker that has ended said of the present; what it has counted stays."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    if SHARED in os.environ:
        mark_process_dead(process_id)  # type: ignore[no-untyped-call]
