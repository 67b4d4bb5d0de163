"""The console's sessions, as Django's engine for them (``SESSION_ENGINE``).

Django's own table can be used by whoever reads it: it holds the keys in the clear. Ours
holds keyed digests, and the content sealed (``contract.md`` section 5).
"""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Session
from accounts.seals import seal, unseal
from accounts.services.sessions import digests_of, rows_of

BEFORE_SIGN_IN = timedelta(minutes=30)
"""How long a session of nobody lasts: anybody can have them made, and each is a row."""

_LABEL = "sessions"


class SessionStore(SessionBase):
    """One session: a dictionary that is loaded when it is first looked at."""

    def load(self) -> dict[str, Any]:
        """Return the content; an unknown, ended or unreadable session is an empty new one."""
        row = rows_of(self.session_key).filter(expires_at__gt=timezone.now()).first()
        content = None if row is None else unseal(_LABEL, row.sealed)
        if content is None:
            self._session_key = None
            return {}
        found: dict[str, Any] = json.loads(content)
        return found

    def get_session_cookie_age(self) -> int:
        """Return for how many seconds a session lasts that was given no end at its sign-in."""
        if SESSION_KEY in self:
            return settings.SESSION_COOKIE_AGE
        return int(BEFORE_SIGN_IN.total_seconds())

    def exists(self, session_key: str) -> bool:
        """Say whether a session has this key."""
        return rows_of(session_key).exists()

    def create(self) -> None:
        """Begin a session of nobody, under a key that none has."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined] # Django's own
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Write the content.

        Raises:
            CreateError: ``must_create``, and there is one with this key.
            UpdateError: it was ended meanwhile; it does not come back to life.
        """
        if self.session_key is None:
            self.create()
            return
        content = self._get_session(no_load=must_create)  # type: ignore[attr-defined] # Django's own
        user_id = content.get(SESSION_KEY)
        written = {
            "sealed": seal(_LABEL, json.dumps(content).encode()),
            "user_id": UUID(user_id) if user_id else None,
            "expires_at": timezone.now() + timedelta(seconds=self.get_expiry_age()),
        }
        if not must_create:
            if not rows_of(self.session_key).update(**written):
                raise UpdateError
            return
        try:
            with transaction.atomic():
                Session.objects.create(digest=digests_of(self.session_key)[0], **written)
        except IntegrityError:
            raise CreateError from None

    def delete(self, session_key: str | None = None) -> None:
        """End a session, this one unless another is named."""
        rows_of(session_key or self.session_key).delete()

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the sessions that are over."""
        Session.objects.filter(expires_at__lte=timezone.now()).delete()
