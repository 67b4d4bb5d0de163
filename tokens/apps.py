"""The app `tokens`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from accounts.triggers import ensure_triggers, register
from tokens.triggers import TOKEN_TRIGGERS


class TokensConfig(AppConfig):
    """Tokens: issued, revoked, verified."""

    name = "tokens"

    def ready(self) -> None:
        """Register what is cleared away, and the triggers, which the last migrated app makes."""
        from accounts.services.clean_up import register_kind  # noqa: PLC0415 - needs the models
        from tokens.models import TokenUse  # noqa: PLC0415

        register_kind("details of use", TokenUse.objects.over)
        register(*TOKEN_TRIGGERS)
        post_migrate.connect(ensure_triggers, sender=self)
