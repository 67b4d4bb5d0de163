"""People at the console's doors: what they type, and where."""

from django.test import Client

from accounts.models import Membership
from tests.clients import Answer
from tests.conftest import PASSWORD

SIGN_IN = "/console/-/sign-in"


def sign_in(client: Client, member: Membership, **typed: str) -> Answer:
    """Send the sign-in form of a member, with other values where they are ``typed``."""
    return client.post(SIGN_IN, {"email": member.user.email, "password": PASSWORD, **typed})
