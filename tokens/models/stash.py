"""StashedSecret: a new token's secret, on its way to the one page that shows it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from tokens.models.token import Token


class StashedSecret(models.Model):
    """The secret of a token that was made in the console, until its page has shown it.

    Sealed, for five minutes, and for the session that made the token alone. The row goes when
    the secret is shown. When its time is over only ``sealed`` goes: a row that stays says that
    nobody ever saw this token's secret.
    """

    token = models.OneToOneField(
        Token, models.CASCADE, primary_key=True, related_name="stashed_secret"
    )
    session = models.CharField(max_length=64, help_text="HMAC-SHA-256 of its key, in hex.")
    sealed = models.TextField(blank=True)
    expires_at = models.DateTimeField()

    objects: ClassVar[models.Manager["StashedSecret"]] = models.Manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["expires_at"], condition=~Q(sealed=""), name="stashed_secret_by_end"
            )
        ]

    def __str__(self) -> str:
        return f"the stashed secret of {self.token}"
