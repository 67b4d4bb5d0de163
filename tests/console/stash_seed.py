"""Fills an installation with a token whose secret waits, and one whose secret nobody came for.

Run as ``python -m tests.process tests.console.stash_seed``, in the environment of the installation.
"""

from django.utils import timezone

from accounts.actor import Actor
from accounts.services.once import Once
from accounts.services.service_accounts import create_service_account
from tests.conftest import make_organization
from tokens.models import StashedSecret
from tokens.services.issue import NewToken
from tokens.services.stash import issue_to_page


def main() -> None:
    """Make `acme`, its account `deploy`, and the tokens `waiting` and `unread`."""
    system = Actor.system(make_organization("acme").organization_id)
    deploy = create_service_account(system, name="Deploy", slug="deploy", scopes=[])
    for name in ("waiting", "unread"):
        issue_to_page(system, deploy, NewToken(name=name, slug=name), "a session", Once(name, {}))
    StashedSecret.objects.filter(token__slug="unread").update(expires_at=timezone.now())


if __name__ == "__main__":
    main()
