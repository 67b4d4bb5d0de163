"""TokenUsage: when a token was last presented."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tokens.models.token import Token


class TokenUsage(models.Model):
    """When a token was last good, and last refused because it had ended or was switched off.

    Apart from the token, so that noting a use changes no row that verifying reads and fires
    no trigger. The database is not told that it refers to a token: checking that would lock
    the token's row, which is a write to it, and a token's row is never deleted.
    """

    token = models.OneToOneField(
        Token, models.CASCADE, primary_key=True, related_name="usage", db_constraint=False
    )
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_refused_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["TokenUsage"]] = models.Manager()

    class Meta:
        # None of ``last_used_at``: a use then changes no index, which is far cheaper.
        indexes = [
            models.Index(
                fields=["last_refused_at"],
                condition=Q(last_refused_at__isnull=False),
                name="token_usage_by_refusal",
            )
        ]

    def __str__(self) -> str:
        return f"last used {self.last_used_at}, last refused {self.last_refused_at}"
