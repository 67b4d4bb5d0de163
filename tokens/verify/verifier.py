"""verify(): from the text of a secret to a verdict; every door that takes tokens asks here."""

from accounts.counters import count
from tokens.secret import TokenSecret
from tokens.verify import usage
from tokens.verify.key_moves import note_move
from tokens.verify.lookup import load_token
from tokens.verify.snapshot import CallFacts
from tokens.verify.verdict import Reason, Verdict, judge

NOTHING_ASKED = CallFacts()


def verify(text: str, facts: CallFacts = NOTHING_ASKED) -> Verdict:
    """Return the verdict on ``text``, read from the database now.

    A text with wrong check characters is refused without a look-up.

    Raises:
        OperationalError: the database cannot be asked, so there is no verdict.
    """
    verdict = _verdict_on(text, facts)
    count("wardkey_verdicts", verdict.reason)
    return verdict


def _verdict_on(text: str, facts: CallFacts) -> Verdict:
    secret = TokenSecret.parse(text)
    if secret is None:
        return Verdict(Reason.MALFORMED)
    found = load_token(secret)
    if found is None:
        return Verdict(Reason.UNKNOWN)
    snapshot = found.snapshot
    verdict = judge(snapshot, facts, found.read_at)
    usage.note(snapshot.token_id, verdict.reason, found.read_at)
    if verdict.reason in {Reason.GOOD, Reason.SCOPE_MISSING}:
        note_move(snapshot, secret)
    return verdict
