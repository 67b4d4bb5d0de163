"""What a race came to: the verdicts held against what each token had lost, and when."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.races.losses import Kind, Loss, Victim
from tests.races.verifying import BROKEN, Verdict

GOOD, UNAVAILABLE = 200, 503


@dataclass
class Outcome:
    """The account of a race."""

    losses: Counter[str]
    statuses: Counter[int] = field(default_factory=Counter)
    late: list[tuple[str, float]] = field(default_factory=list)
    """Good although asked for after the answer to the loss: the loss, and how long after."""
    early: list[tuple[str, Verdict]] = field(default_factory=list)
    """Refused although it had lost nothing yet."""
    strange: list[Verdict] = field(default_factory=list)
    """Neither a verdict nor 503."""
    refused: int = 0
    """Refused after the answer to a loss, as it has to be."""

    @property
    def verdicts(self) -> int:
        """How many verifies were answered by a verdict."""
        return sum(self.statuses.values()) - self.statuses[UNAVAILABLE] - self.statuses[BROKEN]

    def __str__(self) -> str:
        kinds = ", ".join(f"{many} {kind}" for kind, many in sorted(self.losses.items()))
        late = Counter(kind for kind, _ in self.late)
        told = ", ".join(f"{many} {kind}" for kind, many in sorted(late.items()))
        latest = max((after for _, after in self.late), default=0.0)
        return (
            f"{self.verdicts} verdicts, {self.statuses[UNAVAILABLE]} times 503,"
            f" {self.statuses[BROKEN]} broken connections, {self.losses.total()} losses ({kinds});"
            f" after a loss {self.refused} refused and {len(self.late)} good"
            f" ({told or 'none'}; the latest {latest * 1000:.0f} ms after the answer);"
            f" {len(self.early)} refused for nothing, {len(self.strange)} strange"
        )


def judge(
    verdicts: Iterable[Verdict], victims: Sequence[Victim], losses: dict[int, Loss]
) -> Outcome:
    """Hold every verdict against the losses, which stand by the number of the victim."""
    outcome = Outcome(Counter(str(victims[number].kind) for number in losses))
    for verdict in verdicts:
        outcome.statuses[verdict.status] += 1
        if verdict.status not in {UNAVAILABLE, BROKEN}:
            _judge_one(outcome, verdict, victims[verdict.token].kind, losses.get(verdict.token))
    return outcome


def _judge_one(outcome: Outcome, verdict: Verdict, kind: Kind | None, loss: Loss | None) -> None:
    lost = 403 if kind in {Kind.NARROW, Kind.NARROW_ACCOUNT} else 401
    if verdict.status not in {GOOD, lost}:
        outcome.strange.append(verdict)
    elif loss is not None and verdict.started > loss.answered:
        if verdict.status == GOOD:
            outcome.late.append((str(kind), verdict.started - loss.answered))
        else:
            outcome.refused += 1
    elif verdict.status == lost and (loss is None or verdict.ended < loss.began):
        outcome.early.append((str(kind), verdict))


def check_raced(outcome: Outcome) -> None:
    """Fail unless there was a race, and nothing in it but verdicts and 503."""
    assert set(outcome.losses) == {str(kind) for kind in Kind}, outcome
    assert outcome.refused > 100, outcome
    assert not outcome.early, outcome
    assert not outcome.strange, outcome
