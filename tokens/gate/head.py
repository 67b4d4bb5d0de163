"""Heads: status line and headers of an answer as they go over the wire, up to the request id.

Bytes and no objects of ours, since there is one for each token in memory (``verify/memory.py``).
"""

from http import HTTPStatus

Head = bytes
Pairs = list[tuple[bytes, bytes]]
"""Headers, names in lower case."""

_CHANGING = {b"x-request-id", b"content-length"}


def head_of(status: int, headers: Pairs) -> Head:
    """Return the head of an answer; what changes from one to the next is left out."""
    line = b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode())
    lasting = [b": ".join(pair) for pair in headers if pair[0] not in _CHANGING]
    return b"\r\n".join([line, *lasting, b"x-request-id: "])


def whole(head: Head, request_id: bytes, length: int) -> bytes:
    """Return ``head`` as it goes over the wire, for a body of ``length`` bytes."""
    return b"%b%b\r\ncontent-length: %d\r\n" % (head, request_id, length)


def message(head: Head, request_id: bytes, length: int) -> dict[str, object]:
    """Return the message of ASGI that says what ``whole`` does."""
    line, *lines = whole(head, request_id, length).split(b"\r\n")[:-1]
    headers = [tuple(line.split(b": ", 1)) for line in lines]
    return {"type": "http.response.start", "status": int(line[9:12]), "headers": headers}
