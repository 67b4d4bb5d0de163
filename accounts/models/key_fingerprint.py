"""KeyFingerprint: which server keys this database has been used with."""

from django.db import models


class KeyFingerprint(models.Model):
    """A server key that this database has been used with, recognizable but not recoverable."""

    key_id = models.CharField(primary_key=True, max_length=32)
    fingerprint = models.CharField(max_length=64)
    first_seen_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key_id
