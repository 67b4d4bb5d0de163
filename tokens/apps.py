"""The app `tokens`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from accounts.triggers import ensure_triggers, register
from tokens.triggers import TOKEN_TRIGGERS


class TokensConfig(AppConfig):
    """Tokens: issued, revoked, verified."""

    name = "tokens"

    def ready(self) -> None:
        """Register the triggers; the last app to be migrated makes them all."""
        register(*TOKEN_TRIGGERS)
        post_migrate.connect(ensure_triggers, sender=self)
