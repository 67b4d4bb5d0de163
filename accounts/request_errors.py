"""The refusals of a request as such, whatever it asks for; see ``accounts/errors.py``."""

from accounts.errors import DomainError


class MalformedRequest(DomainError):
    """The request cannot be read.

    Its body is not JSON, a member stands twice in it, a text holds NUL or half a surrogate
    pair, the query is not UTF-8, or a page cursor is not one of ours. Send UTF-8 JSON (RFC 8259)
    and cursors exactly as they were received.
    """

    code = "Request.Malformed"
    page = "malformed"
    status = 400


class NoSuchAddress(DomainError):
    """Nothing answers at this address.

    REST addresses have no trailing slash; `/openapi.json` lists them all.
    """

    code = "Request.NotFound"
    page = "not-found"
    status = 404


class MethodNotAllowed(DomainError):
    """The address exists, but does not answer this method.

    The header `Allow` lists the methods that it answers.
    """

    code = "Request.MethodNotAllowed"
    page = "method-not-allowed"
    status = 405


class NotAcceptable(DomainError):
    """The request accepts none of the formats that this address answers in.

    Accept `application/json`, or leave the header `Accept` out.
    """

    code = "Request.NotAcceptable"
    page = "not-acceptable"
    status = 406


class RequestTimeout(DomainError):
    """The request did not arrive in time.

    Send it again, whole, over a connection that is fast enough.
    """

    code = "Request.Timeout"
    page = "timeout"
    status = 408


class TooLarge(DomainError):
    """The body is larger than 64 KiB.

    No request of this API needs more; check what is sent.
    """

    code = "Request.TooLarge"
    page = "too-large"
    status = 413


class UnsupportedMediaType(DomainError):
    """The body is not of a type that this operation reads.

    Send `Content-Type: application/json` (for PATCH also `application/merge-patch+json`, under
    `/oauth` `application/x-www-form-urlencoded` instead), in UTF-8 and not compressed.
    """

    code = "Request.UnsupportedMediaType"
    page = "unsupported-media-type"
    status = 415


class Throttled(DomainError):
    """Too many tries in a short time.

    Wait for as many seconds as `Retry-After` says.
    """

    code = "Request.Throttled"
    page = "throttled"
    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            f"Too many tries; the next one is heard in {retry_after} seconds.",
            headers={"Retry-After": str(retry_after)},
        )


class ForgedRequest(DomainError):
    """A form was sent without its CSRF token, so it may not come from our own page.

    Reload the page and send the form again.
    """

    code = "Request.Forged"
    page = "forged-request"
    status = 403


class ServerFault(DomainError):
    """Something went wrong on our side.

    The log has the details under the `errorId` of the answer; tell it to who runs this
    installation.
    """

    code = "Server.Error"
    page = "server-error"
    status = 500

    def __init__(self) -> None:
        super().__init__("Something went wrong on our side.")


class Unavailable(DomainError):
    """The database cannot be reached, or the server is too busy to answer now.

    The act happened wholly or not at all, but the answer may be lost: repeat a create by its
    `Idempotency-Key`, a revoke by `DELETE`, where 404 means revoked. Wait for as many seconds as
    `Retry-After` says.
    """

    code = "Server.Unavailable"
    page = "unavailable"
    status = 503

    def __init__(self) -> None:
        super().__init__(
            "The service cannot answer right now; try again.", headers={"Retry-After": "1"}
        )
