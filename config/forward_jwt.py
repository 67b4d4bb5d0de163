"""For whom identities are signed: ``WARDKEY_FORWARD_JWT_AUDIENCE``."""

from django.core.exceptions import ImproperlyConfigured


def audience(text: str, *, is_on: bool, own: tuple[str, ...]) -> str:
    """Return the ``aud`` of signed identities.

    Args:
        own: what is meant for this installation itself.

    Raises:
        ImproperlyConfigured: identities are signed, and it is missing or one of our own.
    """
    if is_on and not text:
        raise ImproperlyConfigured(
            "WARDKEY_FORWARD_JWT_AUDIENCE is needed with WARDKEY_FORWARD_JWT=on: set it to what"
            " your services expect as aud, like https://services.example.com."
        )
    if is_on and text in own:
        raise ImproperlyConfigured(
            f"WARDKEY_FORWARD_JWT_AUDIENCE is {text!r}, which is this installation itself: choose"
            " a name for your services, like https://services.example.com."
        )
    return text
