"""The app `config`: what is done once, at start."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The roof: settings, addresses, the server's entry, API-wide wiring."""

    name = "config"

    def ready(self) -> None:
        """Publish the catalogue of refusals and register the system checks."""
        # These need every app's refusals and settings to be loaded.
        from config import checks  # noqa: F401, PLC0415
        from config.api.problems import publish_catalogue  # noqa: PLC0415
        from tokens import errors  # noqa: F401, PLC0415 - defined is catalogued

        publish_catalogue()
