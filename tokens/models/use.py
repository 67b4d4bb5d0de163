"""TokenUse: from where, by what and for what a token was used."""

from typing import ClassVar

from django.db import models

from tokens.models.token import Token
from tokens.querysets import TokenUseQuerySet


class TokenUse(models.Model):
    """One caller's address, one program's name or one scope asked for, seen when a token was good.

    Bounded: the newest of each kind are kept (``MOST_KEPT`` of ``tokens/querysets.py``). Like
    ``TokenUsage`` it is apart from the token, and the database is not told that it refers to one.
    """

    class Kind(models.TextChoices):
        """What ``value`` is."""

        ADDRESS = "address", "Address"
        AGENT = "agent", "User agent"
        SCOPE = "scope", "Scope"

    token = models.ForeignKey(
        Token,
        models.CASCADE,
        related_name="uses",
        db_constraint=False,
        db_index=False,  # the constraint's index begins with it
    )
    kind = models.CharField(max_length=7, choices=Kind)
    value = models.CharField(max_length=200)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.BigIntegerField()

    objects: ClassVar[TokenUseQuerySet] = TokenUseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        # No index on ``last_at``: see ``TokenUsage``.
        constraints = [
            models.UniqueConstraint(fields=["token", "kind", "value"], name="token_use_unique")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}, {self.count} times, last {self.last_at}"
