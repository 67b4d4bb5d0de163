"""Session: a browser in which somebody has signed in."""

from django.db import models

from accounts.models.user import User


class Session(models.Model):
    """A browser's session, found by the keyed digest of the key in its cookie.

    Its content is sealed: whoever reads the table can neither use a session nor see what
    stands in it (``contract.md`` section 5). ``user`` is null until somebody signs in.
    """

    digest = models.CharField(max_length=64, primary_key=True, help_text="HMAC-SHA-256, in hex.")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    sealed = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_at"], name="session_of_user"),
            models.Index(fields=["expires_at"], name="session_by_end"),
        ]

    def __str__(self) -> str:
        return f"session of {self.user}" if self.user else "session of nobody"
