"""Fills an installation with the account `deploy` and prints, as JSON, ids and a secret.

The secret is of a token that may make and revoke others. Run as
``python -m tests.process tests.examples.seed``, in the environment of the installation.
"""

import json
import sys

from accounts.actor import Actor
from accounts.services.service_accounts import create_service_account
from tests.conftest import make_organization
from tokens.services.issue import issue_token

SCOPES = ["read:releases", "write:releases", "write:tokens"]


def main() -> None:
    """Make `acme`, its account `deploy`, and the account's token `manager`."""
    owner = make_organization("acme")
    system = Actor.system(owner.organization_id)
    deploy = create_service_account(system, name="Deploy", slug="deploy", scopes=[])
    manager = issue_token(system, deploy, name="manager", slug="manager", scopes=SCOPES)
    told = {
        "organization": str(owner.organization_id),
        "account": str(deploy.id),
        "manager": str(manager.secret),
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
