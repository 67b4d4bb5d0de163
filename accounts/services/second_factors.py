"""Second factors: what a person has beside a password, and how they prove it.

The rows are django-allauth's (``allauth.mfa``); every door asks this module whether somebody
has one and whether a code proves it. They come and go by ``enrolment.py``. TOTP secrets and
the seeds of recovery codes stand in them sealed. Passkeys are proved by a browser alone, so
whoever has nothing else proves themselves by a recovery code elsewhere.
"""

import logging
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.db import transaction
from django.utils import timezone

from accounts.keys import key_ring
from accounts.models import Membership, Organization, TotpStep, User
from accounts.seals import seal, unseal
from accounts.services.throttle import Limit, count_try, forget

SECOND_FACTOR = Limit("second factor", 10, timedelta(hours=1))
"""Three codes of a million are right at a time: so one guesser in 1,400 succeeds in a day."""

_LABEL = "second factors"
_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
_SEALED = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}
"""The member of a row's data that is sealed; a passkey's row has a public key alone."""

logger = logging.getLogger("wardkey.second_factors")


class UnreadableSecret(Exception):
    """A factor's secret was sealed under a server key that is not loaded."""


def has_second_factor(user: User) -> bool:
    """Say whether a person has one. Recovery codes alone are none: they stand in for one."""
    rows = Authenticator.objects.filter(user_id=user.pk, type__in=_FACTORS)
    return bool(rows.exists())


def who_has_second_factor(user_ids: Collection[UUID]) -> set[UUID]:
    """Return those people of ``user_ids`` who have one, by one query."""
    rows = Authenticator.objects.filter(user_id__in=user_ids, type__in=_FACTORS)
    return set(rows.values_list("user_id", flat=True))


def count_without_second_factor(organization: Organization) -> int:
    """Return how many members would have to set one up; an issuer vouches for its own people."""
    have = Authenticator.objects.filter(type__in=_FACTORS).values("user_id")
    rows = Membership.objects.filter(
        organization=organization, removed_at=None, user__is_active=True, user__email__isnull=False
    )
    return rows.exclude(user_id__in=have).count()


def suffices(user: User, organization: Organization, *, second_factor: bool) -> bool:
    """Say whether a password opens this organization to this person at the moment.

    Args:
        second_factor: whether they have proved one beside it. One that is gone since counts
            for nothing.
    """
    return second_factor if has_second_factor(user) else not organization.requires_second_factor


def lacks_second_factor(user: User, organization: Organization) -> bool:
    """Say whether a person who has signed in must set one up before they enter.

    For who comes from outside the issuer vouches, as it does at the REST API.
    """
    is_needed = organization.requires_second_factor and not user.comes_from_outside
    return is_needed and not has_second_factor(user)


def prove_second_factor(user: User, otp: str) -> bool:
    """Say whether ``otp`` is a TOTP or recovery code of this person; if so, it is used up.

    The same code twice, even at once and at two doors, is right once. Not to be called
    inside a transaction: a code, and a try, must stay used when the caller fails later.

    Raises:
        Throttled: this person has had too many wrong codes.
    """
    count_try(SECOND_FACTOR, str(user.pk))
    rows = Authenticator.objects.filter(user_id=user.pk, type__in=_SEALED)
    proved = any(_proves(authenticator, otp) for authenticator in rows.order_by("-type"))
    if proved:
        forget(SECOND_FACTOR, str(user.pk))
    return proved


def take_code(user: User, secret: str, otp: str) -> bool:
    """Say whether ``otp`` is what an app with a new ``secret`` shows now; it is used up then."""
    step = _step_of(secret, otp)
    return step is not None and _take_step(user.pk, step)


def seal_secret(text: str) -> str:
    """Return a TOTP secret, or the seed of recovery codes, as it is stored.

    The id of the server key stands in front, so that what hangs on a key can be found.
    """
    return f"{key_ring().first.id}:{seal(_LABEL, text.encode())}"


def open_secret(sealed: str) -> str:
    """Return what ``seal_secret`` has sealed, under any loaded server key.

    Raises:
        UnreadableSecret: its server key is not loaded.
    """
    text = unseal(_LABEL, sealed.rpartition(":")[2])
    if text is None:
        raise UnreadableSecret("no loaded server key opens this second factor")
    return text.decode()


def reseal_second_factors() -> Counter[str]:
    """Seal every secret under the first server key, so that the others can be retired.

    Return how many hang on each server key that is not loaded, by its id.
    """
    lost: Counter[str] = Counter()
    rows = Authenticator.objects.filter(type__in=_SEALED)
    for authenticator in rows.order_by("pk"):
        key_id = _sealed_text(authenticator).rpartition(":")[0]
        if key_id != key_ring().first.id:
            lost[key_id] += not _reseal(authenticator.pk)
    return +lost


def _sealed_text(authenticator: Authenticator) -> str:
    return str(authenticator.data[_SEALED[authenticator.type]])


@transaction.atomic(durable=True)
def _reseal(pk: int) -> bool:
    """Seal one row's secret anew; say whether it could be read. One that is gone needs nothing."""
    held = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if held is None:
        return True
    try:
        held.data[_SEALED[held.type]] = seal_secret(open_secret(_sealed_text(held)))
    except UnreadableSecret:
        return False
    held.save(update_fields=["data"])
    return True


def _proves(authenticator: Authenticator, otp: str) -> bool:
    try:
        if authenticator.type == Authenticator.Type.TOTP:
            step = _step_of(open_secret(_sealed_text(authenticator)), otp)
            proved = step is not None and _take_step(authenticator.user_id, step)
        else:
            proved = bool(authenticator.wrap().validate_code(otp))  # it locks the row it changes
    except UnreadableSecret:
        logger.exception("a second factor of %s cannot be read", authenticator.user_id)
        return False
    except Authenticator.DoesNotExist:  # removed meanwhile
        return False
    return proved and _note_use(authenticator.pk)


def _note_use(pk: int) -> bool:
    """Note that a factor was used now; False if it was removed meanwhile, and so proves nothing."""
    return bool(Authenticator.objects.filter(pk=pk).update(last_used_at=timezone.now()))


def _step_of(secret: str, otp: str) -> int | None:
    """Return the step near now whose code ``otp`` is (RFC 6238); None if it is none's."""
    for step in map(int, totp.yield_hotp_counters_from_time()):
        code = totp.format_hotp_value(totp.hotp_value(secret, step))
        if totp.compare_user_code(actual=otp, expected=code):
            return step
    return None


def _take_step(user_id: UUID, step: int) -> bool:
    """Say whether nobody has used the code of this step, or of a later one; it is used then."""
    TotpStep.objects.get_or_create(user_id=user_id, defaults={"step": 0})
    return TotpStep.objects.filter(user_id=user_id, step__lt=step).update(step=step) == 1
