"""Which external issuers are trusted, and with what (``contract.md`` section 7).

The text of ``WARDKEY_ISSUERS`` is a JSON list of objects; ``docs/operate.md`` shows one.
"""

import ipaddress
import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from accounts.names import has_control
from accounts.roles import Role
from accounts.slugs import is_slug

LONGEST_ISSUER = 500
ANY_ORGANIZATION = "*"

KEY_TYPES: dict[str, tuple[str, str | None]] = {
    **{f"{family}{bits}": ("RSA", None) for family in ("RS", "PS") for bits in (256, 384, 512)},
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""The algorithms that an issuer may sign with, each with its keys' ``kty`` and ``crv``.

All are asymmetric: under HMAC whoever can verify could sign too.
"""

_MEMBERS = {
    "issuer", "audience", "jwks_url", "jwks_file", "algorithms", "organizations", "claims",
    "create_members", "default_role", "sign_in",
}  # fmt: skip
_OF_SIGN_IN = {"id", "name", "client_id", "client_secret", "client_secret_file"}
_CLAIMS = {"user": "sub", "organization": "org_id", "email": "email", "name": "name"}

logger = logging.getLogger("wardkey.issuers")


class BadIssuers(ValueError):
    """The configuration of the issuers cannot be used."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """How people sign in to the console at an issuer: we are its OpenID Connect client.

    ``id`` stands in addresses, ``name`` on the button.
    """

    id: str
    name: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Issuer:
    """One external issuer, and all that it is trusted with.

    ``organizations`` are ids, or ``*`` alone: a slug can have another owner tomorrow.
    ``claims`` says what the issuer calls the ``user``, ``organization``, ``email`` and ``name``.
    ``create_members``: whether somebody is taken in on first sight, with ``default_role``.
    """

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    organizations: frozenset[str]
    jwks_url: str | None = None
    jwks_file: str | None = None
    claims: Mapping[str, str] = field(default_factory=lambda: dict(_CLAIMS), hash=False)
    create_members: bool = False
    default_role: Role = Role.VIEWER
    sign_in: SignIn | None = None

    def speaks_for(self, organization_id: uuid.UUID) -> bool:
        """Say whether the issuer may speak for this organization."""
        return not self.organizations.isdisjoint({ANY_ORGANIZATION, str(organization_id)})


def trusted_issuers() -> Mapping[str, Issuer]:
    """Return the issuers of ``settings.WARDKEY_ISSUERS`` by their ``iss``.

    Raises:
        BadIssuers: see ``parse_issuers``; a system check has said so at the start.
    """
    return _by_name(settings.WARDKEY_ISSUERS, settings.WARDKEY_JWT_ISSUER)


def parse_issuers(text: str, own: str) -> tuple[Issuer, ...]:
    """Read the configuration; an empty ``text`` trusts nobody.

    Raises:
        BadIssuers: it is not JSON of the right form, an issuer stands twice or is ``own``,
            or what it says is not safe.
    """
    if not text.strip():
        return ()
    try:
        told = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as fault:
        raise BadIssuers(f"it is not JSON: {fault}") from None
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise BadIssuers("it must be a JSON list of objects")
    issuers = tuple(_issuer(one, own) for one in told)
    if len({one.issuer for one in issuers}) < len(issuers):
        raise BadIssuers("an issuer stands twice")
    ids = [one.sign_in.id for one in issuers if one.sign_in]
    if len(set(ids)) < len(ids):
        raise BadIssuers("a sign_in id stands twice")
    return issuers


@lru_cache(maxsize=8)
def _by_name(text: str, own: str) -> Mapping[str, Issuer]:
    return {one.issuer: one for one in parse_issuers(text, own)}


def _is_id(name: str) -> bool:
    """Say whether ``name`` is an organization's id, in its one spelling."""
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise BadIssuers("a member stands twice in one object")
    return dict(pairs)


def _issuer(told: dict[str, Any], own: str) -> Issuer:
    name = _text(told, "issuer")
    if len(name) > LONGEST_ISSUER:
        raise BadIssuers(f"an issuer has at most {LONGEST_ISSUER} characters")
    if name == own:
        raise BadIssuers(f"{name} is this installation itself (WARDKEY_JWT_ISSUER)")
    try:
        return _trusted(name, told)
    except BadIssuers as fault:
        raise BadIssuers(f"{name}: {fault}") from None


def _trusted(name: str, told: dict[str, Any]) -> Issuer:
    if unknown := told.keys() - _MEMBERS:
        raise BadIssuers(f"unknown member {', '.join(sorted(unknown))}")
    if ("jwks_url" in told) == ("jwks_file" in told):
        raise BadIssuers("give jwks_url or jwks_file, one of them")
    creates = told.get("create_members", False)
    if not isinstance(creates, bool):
        raise BadIssuers("create_members must be true or false")
    return Issuer(
        issuer=name,
        audience=_text(told, "audience"),
        algorithms=_algorithms(told),
        organizations=_organizations(told),
        jwks_url=_address(_text(told, "jwks_url")) if "jwks_url" in told else None,
        jwks_file=_file(_text(told, "jwks_file")) if "jwks_file" in told else None,
        claims=_claims(told.get("claims", {})),
        create_members=creates,
        default_role=_role(told.get("default_role", Role.VIEWER)),
        sign_in=_sign_in(told["sign_in"], told) if "sign_in" in told else None,
    )


def _sign_in(told: Any, issuer: dict[str, Any]) -> SignIn:
    """Read the member ``sign_in``; the secret may stand in a file of its own."""
    if not isinstance(told, dict) or told.keys() - _OF_SIGN_IN:
        raise BadIssuers(f"sign_in is an object of {', '.join(sorted(_OF_SIGN_IN))}")
    if ("client_secret" in told) == ("client_secret_file" in told):
        raise BadIssuers("sign_in: give client_secret or client_secret_file, one of them")
    client_id, name = _text(told, "client_id"), _text(told, "id")
    if not is_slug(name):
        raise BadIssuers("sign_in: id must be of a-z, 0-9 and -")
    if client_id == issuer.get("audience"):
        raise BadIssuers("sign_in: client_id must not be the audience: an ID token is no API token")
    secret = told.get("client_secret") or _content(_file(_text(told, "client_secret_file")))
    return SignIn(
        name, _text(told, "name"), client_id, _text({"client_secret": secret}, "client_secret")
    )


def _content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as fault:
        raise BadIssuers(f"{path} cannot be read: {fault}") from None


def _text(told: dict[str, Any], member: str) -> str:
    found = told.get(member)
    if not isinstance(found, str) or not found.strip() or has_control(found):
        raise BadIssuers(f"{member} must be a text")
    return found


def _texts(told: dict[str, Any], member: str) -> list[str]:
    found = told.get(member)
    if not isinstance(found, list) or not found or not all(isinstance(one, str) for one in found):
        raise BadIssuers(f"{member} must be a list of texts that is not empty")
    return found


def _algorithms(told: dict[str, Any]) -> tuple[str, ...]:
    found = _texts(told, "algorithms")
    if odd := [one for one in found if one not in KEY_TYPES]:
        raise BadIssuers(f"algorithms: {', '.join(odd)} is none of {', '.join(KEY_TYPES)}")
    return tuple(dict.fromkeys(found))


def _organizations(told: dict[str, Any]) -> frozenset[str]:
    if "organizations" not in told:
        raise BadIssuers('organizations is missing; for every one write ["*"]')
    found = _texts(told, "organizations")
    if found == [ANY_ORGANIZATION]:
        return frozenset(found)
    if odd := [one for one in found if not _is_id(one)]:
        raise BadIssuers(f"organizations: {', '.join(odd)} is no id of one; * stands alone")
    return frozenset(found)


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadIssuers("jwks_url is no address") from None
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))
    if not safe or not parts.hostname or not url.isascii() or " " in url:
        raise BadIssuers("jwks_url must be https; http is for the loopback address alone")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadIssuers("jwks_url must hold no user, password or fragment")
    return url


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _file(path: str) -> str:
    if not Path(path).is_absolute():
        raise BadIssuers("a file is named by its absolute path")
    return path


def _claims(told: Any) -> dict[str, str]:
    if not isinstance(told, dict) or told.keys() - _CLAIMS.keys():
        raise BadIssuers(f"claims names some of {', '.join(_CLAIMS)}")
    for member in told:
        _text(told, member)
    return _CLAIMS | told


def _role(told: Any) -> Role:
    allowed = [role for role in Role if role != Role.OWNER]
    if told not in allowed:
        raise BadIssuers(f"default_role must be one of {', '.join(allowed)}")
    return Role(told)
