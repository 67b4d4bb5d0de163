"""An external issuer's JWT is read: who it speaks of, and nothing it only says of itself.

The unverified ``iss`` chooses from the trusted issuers, and only that: algorithm, audience
and keys are the chosen issuer's (RFC 8725 section 3). ``jku``, ``jwk``, ``x5u`` and ``x5c``
are not heeded.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

import jwt

from accounts.issuers.key_sets import key_set
from accounts.issuers.trust import Issuer, trusted_issuers
from accounts.names import has_control

LEEWAY = timedelta(seconds=30)
"""How far the issuer's clock may be off, for ``exp``, ``nbf`` and ``iat``."""
LONGEST_TEXT = 16_384
LONGEST_SUBJECT = 255
LONGEST_ORGANIZATION = 200

_KINDS = {"jwt", "at+jwt"}
_USES = ("token_type", "typ", "token_use")
_OTHER_USES = {"refresh", "id", "offline", "logout"}
_OF_IDENTITY = {"nonce", "at_hash", "c_hash"}
"""Claims that OpenID Connect Core gives ID tokens alone (sections 2, 3.1.3.6, 3.3.2.11).

Many issuers mark theirs with no ``typ``, and an ID token is for who signs a person in, not for
an API.
"""
_ORGANIZATION_TOO = "organization_id"


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a good JWT of a trusted issuer says. The texts are the issuer's own words.

    ``organization`` is an organization's id or external id; ``name`` and ``email`` are
    whatever came, or None.
    """

    issuer: Issuer
    subject: str
    organization: uuid.UUID | str
    ends_at: datetime
    name: Any = None
    email: Any = None


class NotGood(Exception):
    """The JWT is of a trusted issuer's name, and is not good."""


def issuer_of(text: str) -> Issuer | None:
    """Return the trusted issuer that the JWT ``text`` says it is of; it may lie."""
    trusted = trusted_issuers()
    if not trusted or len(text) > LONGEST_TEXT:
        return None
    try:
        name = jwt.decode(text, options={"verify_signature": False}).get("iss")
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return None
    return trusted.get(name) if isinstance(name, str) else None


def read_claims(text: str, issuer: Issuer) -> Claimed:
    """Return what a good JWT of ``issuer`` says. May fetch the issuer's keys.

    Raises:
        NotGood: it is not good, or does not say who and where.
    """
    try:
        claims = _verified(text, issuer)
        organization = claimed_organization(claims, issuer.claims["organization"])
        ends_at = datetime.fromtimestamp(claims["exp"], UTC)
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError, OSError) as fault:
        raise NotGood("not a good JWT") from fault
    return Claimed(
        issuer=issuer,
        subject=plain_text(claims.get(issuer.claims["user"]), LONGEST_SUBJECT),
        organization=organization,
        ends_at=ends_at,
        name=claims.get(issuer.claims["name"]),
        email=claims.get(issuer.claims["email"]),
    )


def key_for(text: str, issuer: Issuer, kinds: Collection[str]) -> jwt.PyJWK:
    """Return the key of ``issuer`` that a JWT's header names. May fetch the issuer's keys.

    Args:
        kinds: what the header's ``typ`` may be, in lower case; without one it is ``jwt``.

    Raises:
        NotGood: the header is not one of this issuer's, or there is no such key.
        PyJWTError: there is no header.
    """
    header = jwt.get_unverified_header(text)
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in issuer.algorithms or not isinstance(kid, str) or "crit" in header:
        raise NotGood("its header is not one of this issuer's")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in kinds:
        raise NotGood("it is a JWT of another kind (RFC 8725 section 3.11)")
    key = key_set(issuer).key(kid, algorithm)
    if key is None:
        raise NotGood("there is no such key")
    return key


def _verified(text: str, issuer: Issuer) -> dict[str, Any]:
    key = key_for(text, issuer, _KINDS)
    claims: dict[str, Any] = jwt.decode(
        text,
        key.key,
        algorithms=[key.algorithm_name],
        issuer=issuer.issuer,
        audience=issuer.audience,
        leeway=LEEWAY,
        # "sub" and "jti" are read as the issuer's configuration says, not as PyJWT would.
        options={
            "require": ["exp", "iss", "aud"],
            "verify_sub": False,
            "verify_jti": False,
        },
    )
    if not all(_is_date(claims[name]) for name in ("exp", "nbf", "iat") if name in claims):
        raise NotGood("a time is no number (RFC 7519 section 2)")
    is_other = any(str(claims.get(name)).lower() in _OTHER_USES for name in _USES)
    if is_other or not _OF_IDENTITY.isdisjoint(claims):
        raise NotGood("it is a refresh or identity token")
    return claims


def _is_date(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def claimed_organization(claims: dict[str, Any], name: str) -> uuid.UUID | str:
    """Return the organization that is claimed; ``organization_id`` stands for ``org_id`` too."""
    names = [name, *([_ORGANIZATION_TOO] if name == "org_id" else [])]
    told = [plain_text(claims[one], LONGEST_ORGANIZATION) for one in names if one in claims]
    if not told or len(set(told)) > 1:
        raise NotGood("it claims no organization, or two")
    try:
        found = uuid.UUID(told[0])
    except ValueError:
        return told[0]
    if str(found) != told[0].lower():
        raise NotGood("an id has one spelling")
    return found


def plain_text(value: Any, most: int) -> str:
    """Return a text that can be looked up: not empty or too long, no control characters.

    Raises:
        NotGood: it is none.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= most or has_control(value):
        raise NotGood("a claim is no plain text")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise NotGood("a claim holds half a surrogate pair")
    return value
