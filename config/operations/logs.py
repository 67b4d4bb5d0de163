"""Logs: one JSON object a line on standard error, with the request's id, without secrets."""

import logging
import logging.config
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from accounts.redaction import redact

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being answered."""


LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class RedactingFormatter(JsonFormatter):
    """Writes a record as JSON and takes out whatever has the form of a secret.

    The whole line is redacted, so neither arguments nor a traceback gets past.
    """

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Add the request's id, and leave out what has no value."""
        super().add_fields(log_data, record, message_dict)
        log_data.pop("request", None)  # Django's, whose text holds the query
        log_data["requestId"] = log_data.get("requestId") or request_id.get()
        for name in [name for name, value in log_data.items() if value is None]:
            del log_data[name]

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return redact(super().format(record))


def configure(facts: dict[str, Any]) -> None:
    """Set logging up; ``settings.LOGGING`` gives the level."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": RedactingFormatter,
                    "fmt": "{levelname}{name}{message}",
                    "style": "{",
                    "rename_fields": {"levelname": "level", "name": "logger"},
                    "timestamp": "at",
                    "json_ensure_ascii": False,
                }
            },
            "handlers": {"standard": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["standard"], "level": facts["level"]},
            "loggers": {
                "django": {"level": facts["level"]},
                "django.request": {"level": "ERROR"},
                "django.security": {"level": "ERROR"},
            },
        }
    )
