"""TotpStep: which TOTP code of a person was the last that was taken."""

from django.db import models

from accounts.models.user import User


class TotpStep(models.Model):
    """The last step (of 30 seconds since 1970) whose TOTP code a person has used.

    That code and older ones are refused, at every door (RFC 6238 section 5.2).
    """

    user = models.OneToOneField(
        User, models.CASCADE, primary_key=True, related_name="last_totp_step"
    )
    step = models.BigIntegerField()

    def __str__(self) -> str:
        return f"step {self.step}"
