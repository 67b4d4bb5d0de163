"""A verdict as a signed identity for the services behind a gateway (``contract.md`` section 8)."""

import secrets
from dataclasses import dataclass, field

import jwt

from tokens.signing_keys import ALGORITHM, SigningKey
from tokens.verify.snapshot import TokenSnapshot

KIND = "wk-forward+jwt"
"""The header's ``typ``: no reader of another kind of JWT takes it for its own (RFC 8725, 3.11)."""
LIFETIME_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed identity, and for how many seconds the same one may be handed out.

    That is half of its life: who gets it has at least the other half to use it.
    """

    text: str = field(repr=False)
    good_for: float

    @property
    def header(self) -> bytes:
        """The value of ``Authorization``."""
        return b"Bearer " + self.text.encode("ascii")


def sign(
    key: SigningKey, snapshot: TokenSnapshot, now: float, *, issuer: str, audience: str
) -> Signed:
    """Return the identity of a token that is good, signed at ``now`` (seconds since 1970).

    It ends with the whole second in which the token ends, at the latest. In that very second it
    has ended already: who is strict refuses it, and a moment early is the right side.
    """
    begins = int(now)
    ends = begins + LIFETIME_SECONDS
    if snapshot.expires_at is not None:
        ends = min(ends, int(snapshot.expires_at.timestamp()))
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": str(snapshot.account_id),
        "org_id": str(snapshot.organization_id),
        "scope": " ".join(snapshot.scopes),
        "token_id": str(snapshot.token_id),
        "jti": secrets.token_urlsafe(16),
        "iat": min(begins, ends),
        "exp": ends,
    }
    header = {"typ": KIND, "kid": key.kid}
    text = jwt.encode(claims, key.private, ALGORITHM, headers=header)
    return Signed(text, max(0.0, (ends - now) / 2))
