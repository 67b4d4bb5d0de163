"""Where a request comes from: its id, the caller's address, and what sent it."""

from django.http import HttpRequest

from accounts.services.sign_in import Origin


def origin_of(request: HttpRequest) -> Origin:
    """Return the id and the address that the outermost middleware has settled."""
    return Origin(
        request_id=request.request_id,  # type: ignore[attr-defined]
        address=request.client_address,  # type: ignore[attr-defined]
        user_agent=request.headers.get("User-Agent", "").encode("latin-1", "replace"),
    )
