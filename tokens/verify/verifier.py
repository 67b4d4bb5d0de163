"""verify(): from the text of a secret to a verdict; every door that takes tokens asks here."""

from accounts.counters import count
from accounts.keys import key_ring
from tokens.secret import TokenSecret
from tokens.verify.asked import Asked
from tokens.verify.clock import boot_seconds
from tokens.verify.key_moves import note_move
from tokens.verify.lookup import load_token
from tokens.verify.snapshot import CallFacts
from tokens.verify.usage import note_use
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
    found = load_token(secret)
    if found is None:
        return Verdict(Reason.UNKNOWN)
    snapshot = found.snapshot
    verdict = judge(snapshot, facts, found.read_at)
    note_use(snapshot.token_id.int, verdict.reason, boot_seconds(), asked)
    if verdict.reason in {Reason.GOOD, Reason.SCOPE_MISSING}:
        note_move(snapshot, secret.digest(key_ring().first))
    return verdict
