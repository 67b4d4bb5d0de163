"""Makes an invitation in a seeded installation, and prints its mark as JSON.

Run as ``python -m tests.process tests.races.inviting``, after ``tests.races.seed``.
"""

import json
import sys

from accounts.actor import Actor
from accounts.models import Organization
from accounts.services.invitations import invite


def main() -> None:
    """Invite whoever has the link, as a viewer."""
    acme = Organization.objects.get(slug="acme")
    json.dump({"mark": invite(Actor.system(acme.id), role="viewer").mark}, sys.stdout)


if __name__ == "__main__":
    main()
