"""Writes what is over into an installation: of each kind that is cleared away, one row.

Run as ``python -m tests.process tests.clean_up.seed``, in the environment of the installation;
it may be run again.
"""

from datetime import timedelta

from django.utils import timezone

from accounts.models import Membership
from tests.clean_up.rows import bulk_run, counter, detail_of_use, family, invitation, key, session
from tests.conftest import make_organization


def main() -> None:
    """Make one of each kind that was over long ago."""
    past = timezone.now() - timedelta(days=400)
    owner = Membership.objects.first() or make_organization("acme")
    key(past)
    family(owner, past)
    session(owner, past)
    invitation(owner, past)
    counter(past)
    bulk_run(owner, past)
    detail_of_use(past)


if __name__ == "__main__":
    main()
