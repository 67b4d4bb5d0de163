"""Where a request comes from: its id, and the caller's address."""

from django.http import HttpRequest

from accounts.services.sign_in import Origin


def origin_of(request: HttpRequest) -> Origin:
    """Return the id and the address that the outermost middleware has settled."""
    return Origin(
        request_id=request.request_id,  # type: ignore[attr-defined]
        address=request.client_address,  # type: ignore[attr-defined]
    )
