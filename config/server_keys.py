"""The server keys: from the environment, or a file that the embedded default makes itself."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from accounts.keys import HOW_TO_MAKE_ONE, BadKeys, ServerKey, make_key_file, parse_keys
from config import database


def load(text: str, data_dir: Path, *, embedded: bool) -> tuple[ServerKey, ...]:
    """Return the server keys; on the embedded default's first start make one.

    Args:
        text: ``WARDKEY_SECRET_KEYS``; empty for the file in ``data_dir``.

    Raises:
        ImproperlyConfigured: there are none, they cannot be used, or the embedded
            default's database is there while its key file is gone.
    """
    if not text and not embedded:
        raise ImproperlyConfigured(
            "Set WARDKEY_SECRET_KEYS (or WARDKEY_SECRET_KEYS_FILE) to id:key, newest first."
            f" Make a key with: {HOW_TO_MAKE_ONE}"
        )
    if not text:
        return _from_file(data_dir)
    try:
        return parse_keys(text)
    except BadKeys as fault:
        raise ImproperlyConfigured(
            f"WARDKEY_SECRET_KEYS: {fault}. Make a key with: {HOW_TO_MAKE_ONE}"
        ) from None


def _from_file(data_dir: Path) -> tuple[ServerKey, ...]:
    """Return the embedded default's server keys; at its first start make one."""
    path = data_dir / "secret_keys"
    if not path.exists():
        if database.embedded_file(data_dir).exists():
            raise ImproperlyConfigured(
                f"{path} is gone, but the database that was used with it is there: no token"
                " in it can be verified. Put the file back from your backup."
            )
        make_key_file(path)
    try:
        return parse_keys(path.read_text(encoding="utf-8"))
    except (BadKeys, OSError, UnicodeDecodeError) as fault:
        why = "it is not text" if isinstance(fault, UnicodeDecodeError) else str(fault)
        raise ImproperlyConfigured(
            f"{path} cannot be used: {why}. Restore it from your backup."
        ) from None
