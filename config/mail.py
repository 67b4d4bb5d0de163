"""Where mail goes: ``WARDKEY_EMAIL_URL`` as Django's settings say it.

``smtp://`` upgrades to TLS (STARTTLS) before anything is said, but to the machine itself;
``smtps://`` speaks TLS from the first byte. Without one, mail is written to the terminal.
"""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server, or none."""

    backend: str = "django.core.mail.backends.console.EmailBackend"
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    tls: bool = False


def configuration(url: str) -> Mail:
    """Return what an address like ``smtp://user:password@mail.example.com`` says.

    Raises:
        ImproperlyConfigured: it is none; the text is not repeated, it may hold a password.
    """
    if not url:
        return Mail()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ImproperlyConfigured(
            "WARDKEY_EMAIL_URL is like smtp://user:password@mail.example.com:587, or smtps://."
        )
    return Mail(
        backend="django.core.mail.backends.smtp.EmailBackend",
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp" and parts.hostname not in _LOOPBACK,
        tls=parts.scheme == "smtps",
    )
