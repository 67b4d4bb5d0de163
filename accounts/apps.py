"""The app `accounts`."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, pre_migrate

from accounts.epoch import ACCOUNT_EPOCH_TRIGGERS, ensure_epoch
from accounts.triggers import AUDIT_TRIGGERS, ensure_triggers, lift_triggers, register


class AccountsConfig(AppConfig):
    """The ground: organizations, members, service accounts, who acts, what is recorded."""

    name = "accounts"

    def ready(self) -> None:
        """Have the audit log's triggers and the staff's groups made after every migrate."""
        register(*AUDIT_TRIGGERS, *ACCOUNT_EPOCH_TRIGGERS)
        pre_migrate.connect(lift_triggers, sender=self)
        post_migrate.connect(ensure_epoch, sender=self)
        post_migrate.connect(ensure_triggers, sender=self)
        # It asks the app's models, which are loaded by now.
        from accounts.services.staff import ensure_groups  # noqa: PLC0415

        post_migrate.connect(ensure_groups, sender=apps.get_app_config("auth"))
