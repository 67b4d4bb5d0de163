"""Attempt: how often somebody has tried to guess."""

from django.db import models


class Attempt(models.Model):
    """How many tries one subject (an account or an address) has had in its window.

    ``subject`` is a keyed digest: the table tells nobody which addresses exist.
    """

    subject = models.CharField(primary_key=True, max_length=64)
    tries = models.PositiveIntegerField()
    window_ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.tries} tries until {self.window_ends_at}"
