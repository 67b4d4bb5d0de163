"""Where what people do to their own accounts is told: each organization they are a member of.

An audit line stands in an organization, a person does not. Whoever may act in their name
there is of concern to all of them (``docs/decisions/0006-what-the-audit-log-records.md``).
"""

from accounts.events import Changes, emit
from accounts.models import User
from accounts.services.people import Person, homes_of
from accounts.services.sign_in import Origin, logged_actor


def tell_homes(origin: Origin, user: User, action: str, changes: Changes | None = None) -> None:
    """Write that ``user`` did ``action`` to themselves, inside the transaction of the change."""
    for membership in homes_of(user):
        membership.user = user
        emit(logged_actor(origin, membership), action, Person(user), changes, target_type="user")
