"""Whose session it is (``AUTHENTICATION_BACKENDS``)."""

from typing import Any

from django.contrib.auth.backends import ModelBackend


class PeopleBackend(ModelBackend):
    """Finds the active person of a session, and proves no password.

    Passwords are proved in one place, ``accounts/services/proof.py``, where tries are counted
    and second factors follow. Django's own sign-in forms, which ask here, open nothing.
    """

    def authenticate(self, *_: Any, **__: Any) -> None:
        """Return None, whatever was given."""

    async def aauthenticate(self, *_: Any, **__: Any) -> None:
        """Return None, whatever was given."""
