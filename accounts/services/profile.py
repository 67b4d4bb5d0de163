"""What people decide about themselves: what they are called, and how the console speaks to them."""

from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction

from accounts.errors import NoIdentity
from accounts.events import difference, told
from accounts.inputs import BadInput, Inputs, clean_name
from accounts.models import User
from accounts.services.deadlocks import repeated_on_deadlock
from accounts.services.homes import tell_homes
from accounts.services.sign_in import Origin

_TOLD = ("name", "time_zone", "language")


@repeated_on_deadlock
@transaction.atomic(durable=True)
def change_profile(origin: Origin, user: User, *, name: str, time_zone: str, language: str) -> User:
    """Change a person, for themselves; told in each organization that they are a member of.

    Args:
        name: empty for being called by the e-mail address.
        time_zone: an IANA name; empty for UTC.
        language: a code of ``settings.LANGUAGES``; empty for the browser's.

    Raises:
        InvalidRequest: a value is not allowed.
        NoIdentity: the person was deactivated meanwhile.
    """
    held = User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).first()
    if held is None:
        raise NoIdentity(sent=True)
    before, inputs = told(held, *_TOLD), Inputs()
    held.name = inputs.take("name", name, lambda text: clean_name(text) if text.strip() else "")
    held.time_zone = inputs.take("timeZone", time_zone, _clean_time_zone)
    held.language = inputs.take("language", language, _clean_language)
    inputs.refuse()
    changes = difference(before, told(held, *_TOLD))
    if not changes:
        return held
    held.save(update_fields=list(_TOLD))
    tell_homes(origin, held, "user.changed", changes)
    return held


def _clean_time_zone(text: str) -> str:
    if text and text not in available_timezones():
        raise BadInput({"": "must be a time zone, like Europe/Berlin"})
    return text


def _clean_language(text: str) -> str:
    if text and text not in dict(settings.LANGUAGES):
        raise BadInput({"": "must be a language of the console"})
    return text
