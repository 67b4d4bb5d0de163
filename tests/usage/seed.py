"""Fills an installation with two tokens and prints, as JSON, their secrets and an owner's JWT.

Run as ``python -m tests.process tests.usage.seed``, in the environment of the installation.
"""

import json
import sys

from accounts import jwt
from accounts.actor import Actor
from accounts.services.service_accounts import create_service_account
from tests.conftest import make_organization
from tokens.services.issue import issue_token


def main() -> None:
    """Make `acme`, its account `deploy`, and the account's tokens `live` and `dead`."""
    owner = make_organization("acme")
    system = Actor.system(owner.organization_id)
    deploy = create_service_account(system, name="Deploy", slug="deploy", scopes=[])
    secrets = {
        name: str(issue_token(system, deploy, name=name, slug=name).secret)
        for name in ("live", "dead")
    }
    json.dump({"jwt": jwt.mint(owner), **secrets}, sys.stdout)


if __name__ == "__main__":
    main()
