"""What is refused, and how each refusal is told.

A refusal is a class: ``code`` is a promise to integrations, ``page`` the last
part of its address under ``/problems/``, ``status`` its HTTP meaning, and its
docstring the text of that page: the first paragraph the cause, the rest the fix
(``contract.md`` section 3). Each is written here or in the ``errors.py`` of the
app whose rule it guards, and nowhere else.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NotRequired, TypedDict

_SCOPES = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*")


class Fault(TypedDict):
    """One entry of ``errors``: where (``body.name``), what is wrong, and what was sent.

    ``value`` is left out for secrets, passwords and members that are not known.
    """

    location: str
    message: str
    value: NotRequired[Any]


class DomainError(Exception):
    """A refusal: ``detail`` says it for this case, ``errors`` names the members at fault."""

    code: ClassVar[str]
    page: ClassVar[str]
    status: ClassVar[int]
    catalogue: ClassVar[dict[str, type["DomainError"]]] = {}
    """Every refusal by its page."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        used = {(error.code, error.page) for error in DomainError.catalogue.values()}
        if cls.page in DomainError.catalogue or cls.code in {code for code, _ in used}:
            raise TypeError(f"{cls.__name__} uses a code or page that another refusal has")
        DomainError.catalogue[cls.page] = cls

    def __init__(
        self,
        detail: str,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})


class InvalidRequest(DomainError):
    """The request can be read, but a value in it is not allowed.

    `errors` names every member at fault, what is wrong with it and what was sent.
    """

    code = "Request.Invalid"
    page = "validation-failed"
    status = 422


class InvalidScopes(DomainError):
    """A scope that was asked for is not known, or the list of scopes is not one.

    `errors` names each and the known scope that looks most like it; `GET /scopes` lists them all.
    """

    code = "Token.InvalidScopes"
    page = "invalid-scopes"
    status = 422


UNKNOWN_MEMBER = "is not a member of this request"


def invalid(faults: Sequence[Fault]) -> InvalidRequest | InvalidScopes:
    """Return the one refusal for all ``faults`` of a request (``contract.md`` section 3)."""
    in_body = all(fault["location"].startswith("body") for fault in faults)
    many = "a problem" if len(faults) == 1 else f"{len(faults)} problems"
    detail = f"The {'request body' if in_body else 'request'} has {many}."
    about_scopes = all(
        re.match(r"body\.scopes\b", fault["location"]) and fault["message"] != UNKNOWN_MEMBER
        for fault in faults
    )
    return (InvalidScopes if about_scopes else InvalidRequest)(detail, faults)


class NoIdentity(DomainError):
    """There is no credential, or it is not good (any more).

    Send `Authorization: Bearer <credential>` once, with a user's JWT or a service account's
    token. The answer is the same for a credential that is unknown, expired, revoked, malformed
    or of somebody who has no access now: ask the organization's administrators.
    """

    code = "Auth.NoIdentity"
    page = "no-identity"
    status = 401

    def __init__(self, *, sent: bool) -> None:
        super().__init__("A valid credential is needed.", headers=_challenge(sent=sent))


class SecondFactorRequired(DomainError):
    """The password is right, but without a second factor it signs nobody in here.

    Send `otp` beside it: the code that your authenticator app shows, or a recovery code. Each is
    good once. Where the organization requires a second factor and you have none, set one up in
    the console first.
    """

    code = "Auth.SecondFactorRequired"
    page = "second-factor-required"
    status = 401

    def __init__(self, *, enrolled: bool) -> None:
        super().__init__(
            "A second factor is needed: a code in `otp` that is right and was not used before."
            if enrolled
            else "This organization requires a second factor: set one up in the console first.",
            headers=_challenge(sent=True),
        )


def _challenge(*, sent: bool) -> dict[str, str]:
    """Return the header of a 401 (RFC 6750 section 3); ``sent``: a credential was sent."""
    told = ', error="invalid_token"' if sent else ""
    return {"WWW-Authenticate": f'Bearer realm="wardkey"{told}'}


class MissingScope(DomainError):
    """The credential is good, but does not hold the scope that this operation needs.

    `WWW-Authenticate` names the scope. Use a credential that holds it.
    """

    code = "Auth.MissingScope"
    page = "missing-scope"
    status = 403

    def __init__(self, scope: str) -> None:
        # The gate's callers name scopes; in a header only what RFC 6750 allows there is told.
        told = f', scope="{scope}"' if _SCOPES.fullmatch(scope) else ""
        super().__init__(
            f"This needs the scope {scope}.",
            headers={"WWW-Authenticate": f'Bearer error="insufficient_scope"{told}'},
        )


class ScopeNotHeld(DomainError):
    """The change would grant a scope that the caller does not hold.

    Nobody gives what they do not have. `errors` names the scopes. Ask somebody who holds them,
    or grant less.
    """

    code = "Token.ScopeNotHeld"
    page = "scope-not-held"
    status = 403


class NotAllowed(DomainError):
    """The caller may not do this, whatever its scopes: owners are changed by an owner in person.

    Ask an owner of the organization.
    """

    code = "Auth.NotAllowed"
    page = "not-allowed"
    status = 403


class InvitationOver(DomainError):
    """The invitation cannot be accepted (any more).

    It was used, revoked or has expired; or the organization, or the right of who made it, is
    gone. Ask an owner or admin of the organization for another one.
    """

    code = "Invitation.Over"
    page = "invitation-over"
    status = 410

    def __init__(self) -> None:
        super().__init__("This invitation cannot be accepted any more.")


class NoSuchAccount(DomainError):
    """The organization has no service account with this slug.

    It may have been deleted, or belong to another organization than the credential.
    """

    code = "CreateToken.ServiceAccountNotFound"
    page = "service-account-not-found"
    status = 404


class SlugConflict(DomainError):
    """A service account with this slug exists in the organization.

    Choose another slug, or leave it out to have one made from the name.
    """

    code = "ServiceAccount.SlugConflict"
    page = "service-account-slug-conflict"
    status = 409


class ExternalIdConflict(DomainError):
    """Another service account of the organization has this `externalId`.

    An external id names one account; change or clear it there first.
    """

    code = "ServiceAccount.ExternalIdConflict"
    page = "service-account-external-id-conflict"
    status = 409


class AccountDisabled(DomainError):
    """The service account is disabled: nothing is created under it.

    Enable it first (`POST /service-accounts/{slug}/enable`).
    """

    code = "ServiceAccount.Disabled"
    page = "service-account-disabled"
    status = 409


class LastOwner(DomainError):
    """The change would leave the organization without an owner.

    Make somebody else an owner first.
    """

    code = "Organization.LastOwner"
    page = "last-owner"
    status = 409


class NameInUse(DomainError):
    """An organization with this slug or external id exists.

    Choose another one.
    """

    code = "Organization.Conflict"
    page = "organization-conflict"
    status = 409


class LastSecondFactor(DomainError):
    """The change would leave a person without a second factor that their organization requires.

    Add another one first.
    """

    code = "User.LastSecondFactor"
    page = "last-second-factor"
    status = 409

    def __init__(self, organization: str) -> None:
        super().__init__(
            f"{organization} requires a second factor, and this is your last: add another first."
        )


class ResetOver(DomainError):
    """The link to set a password is not good any more.

    It is good once, for an hour, and until the password is changed. Ask for another one.
    """

    code = "User.ResetOver"
    page = "reset-over"
    status = 410

    def __init__(self) -> None:
        super().__init__("This link is not good any more. Ask for another one.")
