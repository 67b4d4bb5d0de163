"""System checks: what Django refuses to start with."""

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004

from accounts.catalogue import catalogue, presets
from accounts.issuers.trust import BadIssuers, parse_issuers

_PREFIX = re.compile(r"[a-z][a-z0-9]{1,19}")


@register(Tags.compatibility)
def scope_catalogue(**_: Any) -> list[CheckMessage]:
    """Refuse a scope catalogue, or presets of it, that cannot be read."""
    try:
        catalogue()
    except (ValueError, TypeError) as fault:
        return [Error(f"WARDKEY_SCOPES cannot be used: {fault}.", id="wardkey.E001")]
    try:
        presets()
    except (ValueError, TypeError) as fault:
        said = f"WARDKEY_SCOPE_PRESETS cannot be used: {fault}."
        return [Error(said, id="wardkey.E004")]
    return []


@register(Tags.compatibility)
def token_prefixes(**_: Any) -> list[CheckMessage]:
    """Refuse prefixes that secret scanners could not tell from other text."""
    odd = [prefix for prefix in settings.WARDKEY_TOKEN_PREFIXES if not _PREFIX.fullmatch(prefix)]
    if odd:
        said = ", ".join(odd)
        hint = "2 to 20 of a-z and 0-9, a letter first, without the underscore"
        return [Error(f"WARDKEY_TOKEN_PREFIX: {said} is no prefix.", hint=hint, id="wardkey.E002")]
    return []


@register(Tags.security)
def external_issuers(**_: Any) -> list[CheckMessage]:
    """Refuse external issuers that cannot be trusted as they are configured."""
    try:
        parse_issuers(settings.WARDKEY_ISSUERS, settings.WARDKEY_JWT_ISSUER)
    except BadIssuers as fault:
        return [Error(f"WARDKEY_ISSUERS cannot be used: {fault}.", id="wardkey.E003")]
    return []


@register(Tags.security, deploy=True)
def public_url_is_https(**_: Any) -> list[CheckMessage]:
    """Warn where credentials would travel in the clear."""
    if not settings.WARDKEY_PUBLIC_URL.startswith("https://"):
        said = "WARDKEY_PUBLIC_URL is not https: credentials would travel in the clear."
        return [Warning(said, id="wardkey.W001")]
    return []
