"""The app `accounts`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

from accounts.triggers import AUDIT_TRIGGERS, ensure_triggers, lift_triggers, register


class AccountsConfig(AppConfig):
    """The ground: organizations, members, service accounts, who acts, what is recorded."""

    name = "accounts"

    def ready(self) -> None:
        """Register the audit log's triggers; they are made after every migrate."""
        register(*AUDIT_TRIGGERS)
        pre_migrate.connect(lift_triggers, sender=self)
        post_migrate.connect(ensure_triggers, sender=self)
