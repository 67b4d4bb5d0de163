"""``python -m tests.process tests.forward.seed``: make a token, and print its secret."""

import sys

from accounts.actor import Actor
from accounts.services.organizations import found_organization
from accounts.services.service_accounts import create_service_account
from tokens.services.issue import issue_token

if __name__ == "__main__":
    founded = found_organization(
        slug="acme", name="Acme", owner_email="owner@acme.test", owner_name="Owner", password=None
    )
    system = Actor.system(founded.organization.id)
    account = create_service_account(system, name="Deploy", slug="deploy", scopes=["read:releases"])
    sys.stdout.write(str(issue_token(system, account, name="ci").secret))
