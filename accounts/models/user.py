"""User, a person; and ExternalIdentity, a person as an external issuer knows them."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.names import canonical_email


class UserManager(BaseUserManager["User"]):
    """Finds and makes people by their e-mail address, in its one spelling."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this e-mail address, however it is spelled."""
        return self.get(email=canonical_email(username or ""))

    def create_user(self, email: str | None, password: str | None = None, **facts: Any) -> "User":
        """Create a person; without an ``email`` they come from an external issuer alone.

        Without a ``password`` they cannot sign in with one.
        """
        user = self.model(email=canonical_email(email) if email else None, **facts)
        user.set_password(password)
        user.save(using=self._db, force_insert=True)
        return user

    def create_superuser(self, email: str, password: str | None = None, **facts: Any) -> "User":
        """Create a person of the support staff with every permission (``createsuperuser``)."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **facts)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. What they may do in an organization is their ``Membership``.

    ``email`` is the local login, kept in one canonical spelling (no case, NFKC);
    None for people who only come from an external issuer.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254, unique=True, null=True, blank=True)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)
    password_changed_at = models.DateTimeField(default=timezone.now)
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="IANA name for the console's times; blank is UTC."
    )
    language = models.CharField(
        max_length=10, blank=True, help_text="Of the console; blank is what the browser asks for."
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]

    def __str__(self) -> str:
        return self.display_name

    def set_password(self, raw_password: str | None) -> None:
        """Set the password, and note when: what was signed in before ends with the old one."""
        super().set_password(raw_password)
        self.password_changed_at = timezone.now()

    @property
    def comes_from_outside(self) -> bool:
        """Say whether the person has no local login: an external issuer alone vouches for them."""
        return self.email is None

    @property
    def display_name(self) -> str:
        """What the person is called: the name, else the e-mail address."""
        return self.name or self.email or str(self.id)


class ExternalIdentity(models.Model):
    """A person as an external issuer knows them: (issuer, subject), and nothing else.

    An e-mail address never joins it to a local account (``contract.md`` section 7).
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="identities")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="external_identity_unique")
        ]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"
