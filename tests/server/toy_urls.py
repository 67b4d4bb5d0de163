"""Wardkey's addresses and a few whose behaviour a test can choose."""

import threading
import time
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from accounts.losses import loses_rights
from config import urls as real

closed: list[str] = []
"""The responses that were closed, in order."""
taken: list[float] = []
"""When something was taken away, in order; ``time.monotonic()``."""


class Noted(StreamingHttpResponse):
    """A stream that leaves a note when it is closed."""

    def close(self) -> None:
        """Close, and note by which thread."""
        super().close()
        closed.append(threading.current_thread().name)


def echo(request: HttpRequest) -> HttpResponse:
    """Say what arrived: the thread, the length of the body, the names of the headers."""
    names = " ".join(sorted(request.headers))
    return HttpResponse(f"{threading.current_thread().name} {len(request.body)} {names}")


def slow(request: HttpRequest) -> HttpResponse:
    """Answer after as many seconds as asked for."""
    time.sleep(float(request.GET["seconds"]))
    return HttpResponse("slow")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    """Send the named number of parts of a megabyte, for ever if none is named."""
    many = int(request.GET.get("parts", "0"))
    part = b"x" * 2**20

    def parts() -> Iterator[bytes]:
        number = 0
        while not many or number < many:
            number += 1
            yield part

    return Noted(parts())


def broken_stream(request: HttpRequest) -> StreamingHttpResponse:
    """Fail after the first part."""

    def parts() -> Iterator[bytes]:
        yield b"first"
        raise ValueError("broke off")

    return Noted(parts())


def leave(request: HttpRequest) -> HttpResponse:
    """Try to end the process, as a careless library might."""
    raise SystemExit(3)


def empty(request: HttpRequest) -> HttpResponse:
    """Answer 204 with a length, as CommonMiddleware would."""
    return HttpResponse(status=204, headers={"Content-Length": "0"})


@loses_rights
def take_something() -> None:
    """Take something away, as a service does."""
    taken.append(time.monotonic())


def take(request: HttpRequest) -> HttpResponse:
    """Take something away, last as many seconds as asked for, and fail if asked to."""
    take_something()
    time.sleep(float(request.GET.get("seconds", "0")))
    if "fail" in request.GET:
        raise SystemExit(4)
    return HttpResponse("taken")


def take_meanwhile(request: HttpRequest) -> StreamingHttpResponse:
    """Take three things away while the answer is sent, and break off if asked to."""

    def parts() -> Iterator[bytes]:
        yield b"begun"
        for number in range(3):
            take_something()
            yield b"%d" % number
        if "fail" in request.GET:
            raise ValueError("broke off")
        yield b"done"

    return Noted(parts())


urlpatterns = [
    path("toy/take", take),
    path("toy/take-meanwhile", take_meanwhile),
    path("toy/echo", echo),
    path("toy/slow", slow),
    path("toy/stream", stream),
    path("toy/broken-stream", broken_stream),
    path("toy/leave", leave),
    path("toy/empty", empty),
    *real.urlpatterns,
]
handler400 = getattr(real, "handler400", None)
handler403 = getattr(real, "handler403", None)
handler404 = getattr(real, "handler404", None)
handler500 = getattr(real, "handler500", None)
for _name in ("handler400", "handler403", "handler404", "handler500"):
    if globals()[_name] is None:
        del globals()[_name]
