"""The verify protocol as a transition system: a frozen state, and the steps out of it.

Modelled: one database (history of changes, of which the epoch is the length; rows; a random
mark an entry); a writer who works through a script of losses and gains (commit, wait, answer);
processes with memory, applied epoch and t0; polls (t0 read and sent / executed / one half of
applying / the other); batched reads (queued / sent / executed / applied, or lost); verifies
(started / clock read / looked up, or answered by a read). Everything takes any time, which is
what a delay, a slow network and a suspended process are. A process may crash whenever it likes,
and polls and reads may be lost. At a failover the last commit is lost or not, as long as its
answer was not given; statements under way are lost, replies that have left the old primary
still arrive.

Nothing bounds the time, the crashes, the polls, the reads and the verifies that follow each
other: only the script, the failovers and the length of the lease in ticks are bounded. A
process watches one verify at a time. Other verifies beside it need no state of their own: all
that they do to the world is to have batches sent, and that may happen at any time. Processes
share the database and the clock alone and write to neither, so a run of two is, seen from one,
a run of one: the searches are of one, and a test walks with two and compares.

The promise: no verify that started after the answer to a revoke was received ends well, unless
a gain was committed since. After a failover that lost a gain, that counts a lease later (the
gain was true for a while, and no one waits for its loss).

Not modelled: expiry (rule 9) and clocks that run apart or stand still (rule 3; the margin is
for the first, and is 0 here, so less would do); a revoker who hears late of its commit (which
only waits longer); replicas, an old primary that still answers, a failover that loses what was
answered; the trimmed log (a gap clears, as another mark does); limits and deadlines (rules 12
and 14: a lost batch is what they make, and its reply is never used); the lock of the epoch's
row (commits come one at a time).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tests.verify.model_process import (
    Ended,
    Epoch,
    Process,
    Rules,
    Tokens,
    Verify,
    aged,
    process_steps,
)


class Change(NamedTuple):
    """What a commit does to one token: ``good`` is a gain, otherwise a loss."""

    token: str
    good: bool

    def __str__(self) -> str:
        return f"the {'gain' if self.good else 'loss'} of {self.token}"


class Entry(NamedTuple):
    """A line of the log, with its random mark."""

    mark: int
    change: Change


class Writer(NamedTuple):
    """Who works through the script; all changes before ``at`` are answered (or given up)."""

    at: int = 0
    phase: Literal["ready", "inside", "committed", "lost"] = "ready"
    age: int = 0


@dataclass(frozen=True)
class Bounds:
    """How far a search goes: what the writer does, and ``lease`` in ticks.

    ``tokens`` are those that are cached and verified; the script may name others. ``pooled``
    hides new connections from the processes, as a pooler does.
    """

    script: tuple[Change, ...]
    lease: int = 2
    processes: int = 1
    tokens: tuple[str, ...] = ("a",)
    failovers: int = 0
    pooled: bool = False


class State(NamedTuple):
    """All there is; ``broken`` is: the promise was broken by the step that led here."""

    history: tuple[Entry, ...]
    primary: int
    writer: Writer
    processes: tuple[Process, ...]
    broken: bool = False


Labelled = Iterator[tuple[str, State]]


class Protocol:
    """The protocol under ``rules``, within ``bounds``."""

    def __init__(self, rules: Rules, bounds: Bounds) -> None:
        self.rules, self.bounds = rules, bounds
        self._lasts = bounds.lease if rules.same_lease else bounds.lease + 1

    def start(self) -> State:
        """Return the state before anything has happened: all tokens are good."""
        return State((), 0, Writer(), (Process(),) * self.bounds.processes)

    def steps(self, state: State) -> Labelled:
        """Yield every step out of ``state``, with what it is called."""
        yield "the clock ticks", self._ticked(state)
        yield from self._writer_steps(state)
        if state.primary < self.bounds.failovers:
            yield from self._failovers(state)
        for index, process in enumerate(state.processes):
            for label, ended in self._steps_of(process, state):
                yield f"process {index + 1}: {label}", self._with(state, index, ended)

    def _with(self, state: State, index: int, ended: Ended) -> State:
        processes = (*state.processes[:index], ended.process, *state.processes[index + 1 :])
        return state._replace(processes=processes, broken=ended.lied)

    def _ticked(self, state: State) -> State:
        writer = state.writer
        if writer.phase != "ready":
            writer = writer._replace(age=min(writer.age + 1, self.bounds.lease))
        processes = tuple(aged(each, self._lasts) for each in state.processes)
        return state._replace(writer=writer, processes=processes)

    # The writer and the primary.

    def _writer_steps(self, state: State) -> Labelled:
        writer, script = state.writer, self.bounds.script
        if writer.at == len(script):
            return
        change = script[writer.at]
        waited = writer.age >= self.bounds.lease
        if writer.phase == "ready":
            if self.rules.wait == "inside" and not change.good:
                inside = writer._replace(phase="inside", age=0)
                yield f"the writer writes {change}, and waits", state._replace(writer=inside)
            else:
                yield f"the writer commits {change}", self._committed(state, change)
        elif writer.phase == "inside" and waited:
            yield f"the writer commits {change}", self._committed(state, change)
        elif writer.phase == "committed" and (waited or change.good or self.rules.wait != "after"):
            yield f"the writer answers {change}", state._replace(writer=Writer(writer.at + 1))
        elif writer.phase == "lost" and waited:
            yield (
                f"the writer hears that {change} is lost",
                state._replace(writer=Writer(writer.at)),
            )
            if change.token not in self.bounds.tokens:
                yield f"the writer gives {change} up", state._replace(writer=Writer(writer.at + 1))

    def _committed(self, state: State, change: Change) -> State:
        mark = state.writer.at + 1 + state.primary * (len(self.bounds.script) + 1)
        processes = state.processes
        if change.good:
            processes = tuple(_forgiven(each, change.token) for each in processes)
        return state._replace(
            history=(*state.history, Entry(mark, change)),
            writer=state.writer._replace(phase="committed", age=0),
            processes=processes,
        )

    def _failovers(self, state: State) -> Labelled:
        cut = state._replace(
            primary=state.primary + 1, processes=tuple(_cut_off(each) for each in state.processes)
        )
        yield "a new primary takes over with all commits", cut
        if state.writer.phase == "committed":
            lost = state.writer._replace(phase="lost", age=0)
            yield (
                "a new primary takes over without the last commit",
                cut._replace(history=state.history[:-1], writer=lost),
            )

    # What processes get from outside.

    def _steps_of(self, process: Process, state: State) -> Iterator[tuple[str, Ended]]:
        yield from process_steps(process, self.rules, self._lasts)
        yield from self._executions(process, state)
        yield from self._starts(process, state)

    def _starts(self, process: Process, state: State) -> Iterator[tuple[str, Ended]]:
        verify = process.verify
        if verify is None and self.rules.clock_after_start:
            for token in self.bounds.tokens:
                started = Verify("started", token, self._is_answered(state, token))
                yield f"starts a verify{_after(started)}", Ended(process._replace(verify=started))
        elif verify is None:
            for token in self.bounds.tokens:
                early = Verify("unparsed", token, late=False)
                yield "reads the clock of a verify to come", Ended(process._replace(verify=early))
        elif verify.phase == "unparsed":
            late = self._is_answered(state, verify.token)
            timed = verify._replace(phase="timed", late=late)
            yield f"starts that verify{_after(timed)}", Ended(process._replace(verify=timed))

    def _is_answered(self, state: State, token: str) -> bool:
        """Return whether the last that is known of ``token`` is the answer to its loss."""
        writer, script = state.writer, self.bounds.script
        if writer.phase in {"committed", "lost"} and script[writer.at] == (token, True):
            return False
        told = [change.good for change in script[: writer.at] if change.token == token]
        return bool(told) and not told[-1]

    def _executions(self, process: Process, state: State) -> Iterator[tuple[str, Ended]]:
        poll, read = process.poll, process.read
        here = _epoch(state)
        if poll is not None and poll.epoch is None:
            answered = poll._replace(epoch=here, drops=self._lost_since(process.epoch, state))
            yield f"has its poll executed at n = {here.n}", Ended(process._replace(poll=answered))
        if read is None or read.epoch is not None:
            return
        if read.good is not None:
            told = read._replace(epoch=here)
            yield f"has n = {here.n} read", Ended(process._replace(read=told))
            return
        good = frozenset(token for token in self.bounds.tokens if _is_good(state, token))
        found = read._replace(good=good, epoch=here if self.rules.one_statement else None)
        label = f"has its batch executed at n = {here.n}, good: {sorted(good)}"
        yield label, Ended(process._replace(read=found))

    def _lost_since(self, epoch: Epoch, state: State) -> Tokens | None:
        """Return the tokens to drop, or None where all are."""
        reconnected = epoch.primary != state.primary and not self.bounds.pooled
        if epoch.n < 0 or epoch.n > len(state.history):
            return None
        if self.rules.new_connection and reconnected:
            return None
        if self.rules.mark and _mark(state, epoch.n) != epoch.mark:
            return None
        return frozenset(entry.change.token for entry in state.history[epoch.n :])


def _epoch(state: State) -> Epoch:
    return Epoch(len(state.history), _mark(state, len(state.history)), state.primary)


def _mark(state: State, n: int) -> int:
    return state.history[n - 1].mark if n else 0


def _is_good(state: State, token: str) -> bool:
    told = [entry.change.good for entry in state.history if entry.change.token == token]
    return not told or told[-1]


def _after(verify: Verify) -> str:
    return ", after the answer to the revoke" if verify.late else ""


def _forgiven(process: Process, token: str) -> Process:
    verify = process.verify
    if verify is None or verify.token != token or not verify.late:
        return process
    return process._replace(verify=verify._replace(late=False))


def _cut_off(process: Process) -> Process:
    """Return the process without the statements that the old primary has not executed."""
    poll, read, verify = process.poll, process.read, process.verify
    if poll is not None and poll.epoch is None:
        poll = None
    if read is not None and read.epoch is None:
        read = None
        verify = None if verify is not None and verify.phase == "joined" else verify
    return process._replace(poll=poll, read=read, verify=verify)
