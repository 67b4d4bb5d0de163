"""verify(): from the text of a secret to a verdict; every door that takes tokens asks here."""

from django.db import transaction

from accounts.counters import count
from accounts.keys import key_ring
from accounts.services.locks import hold_epoch
from tokens.models import Token
from tokens.secret import TokenSecret
from tokens.verify import usage
from tokens.verify.asked import Asked
from tokens.verify.clock import clock
from tokens.verify.lookup import load_snapshot
from tokens.verify.snapshot import CallFacts, TokenSnapshot
from tokens.verify.verdict import Reason, Verdict, judge

NOTHING_ASKED = CallFacts()


def verify(text: str, facts: CallFacts = NOTHING_ASKED, *, asked: Asked | None = None) -> Verdict:
    """Return the verdict on ``text``, read from the database now.

    A text with wrong check characters is refused without a look-up.

    Args:
        asked: who presents the token, where that is known; noted with its use.

    Raises:
        OperationalError: the database cannot be asked, so there is no verdict.
    """
    verdict = _verdict_on(text, facts, asked)
    count("wardkey_verdicts", verdict.reason)
    return verdict


def _verdict_on(text: str, facts: CallFacts, asked: Asked | None) -> Verdict:
    secret = TokenSecret.parse(text)
    if secret is None:
        return Verdict(Reason.MALFORMED)
    found = load_snapshot(secret)
    if found is None:
        return Verdict(Reason.UNKNOWN)
    snapshot, now = found
    verdict = judge(snapshot, facts, now)
    usage.note_use(snapshot.token_id, verdict.reason, clock(), asked)
    if verdict.reason in {Reason.GOOD, Reason.SCOPE_MISSING}:
        _move_to_first_key(snapshot, secret)
    return verdict


def _move_to_first_key(snapshot: TokenSnapshot, secret: TokenSecret) -> None:
    """Keep the token's digest under the first server key, so that older ones can go."""
    first = key_ring().first
    if snapshot.key_id != first.id:
        with transaction.atomic():
            hold_epoch()
            held = Token.objects.filter(pk=snapshot.token_id, key_id=snapshot.key_id)
            held.update(digest=secret.digest(first), key_id=first.id)
