"""IdempotencyKey: one create that was answered, for 24 hours."""

from django.db import models


class IdempotencyKey(models.Model):
    """What a caller made under an ``Idempotency-Key``: no answer and no secret, only which thing.

    ``caller_id`` is the principal, ``place_id`` the organization or account in which the
    operation makes things, ``digest`` the keyed digest of the body.
    """

    organization_id = models.UUIDField()
    caller_id = models.UUIDField()
    operation = models.CharField(max_length=60)
    place_id = models.UUIDField()
    key = models.CharField(max_length=255)
    digest = models.BinaryField(max_length=32, help_text="HMAC-SHA-256 of the body.")
    made_id = models.UUIDField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "caller_id", "operation", "place_id", "key"],
                name="idempotency_key_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.operation} by {self.caller_id}"
