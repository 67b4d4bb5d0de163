"""Where staff ask whose a secret is, what they are told, and a secret that is nobody's."""

from tokens.secret import TokenSecret

ADDRESS = "/admin/who-is-this-token"
FOUND = "It is ci of Acme"


def mistyped(secret: TokenSecret | None) -> str:
    """Return a secret with another character in its middle."""
    text = str(secret)
    return text[:20] + ("a" if text[20] != "a" else "b") + text[21:]
