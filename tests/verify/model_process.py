"""One verifying process of the model: memory, lease, poll, batched read and a watched verify.

A step of a process returns a process and nothing else: by its type it can change neither the
database nor its neighbour. So whatever two processes break together, one of them breaks alone.

Times are kept as ages in ticks, and cut off where no comparison can tell them apart any more:
the clock has no end, and the states do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

Tokens = frozenset[str]
NONE: Tokens = frozenset()


@dataclass(frozen=True)
class Rules:
    """The rules of the protocol, each of which can be taken away; the numbers are the design's.

    ``keep`` "no older" is rule 5 as it stands, and needs ``spoil_on_clear``; "same" keeps only
    rows of the applied epoch and mark, needs no more, and holds behind a pooler too.
    """

    same_lease: bool = True  # 1: processes keep the lease that the revoker waits for
    t0_before_poll: bool = True  # 2: t0 is read before the statement is sent
    clock_after_start: bool = True  # 2: the check's clock is read after the request is there
    join_only_unsent: bool = True  # 4: nobody joins a read that is under way
    one_statement: bool = True  # 5: epoch and rows come from one statement
    keep: Literal["no older", "same", "any"] = "no older"  # 5: which rows are kept
    spoil_on_clear: bool = True  # a read begun before the cache was cleared is not kept after it
    invalidate_first: bool = True  # 6: invalidate, then move n and t0
    no_read_between: bool = True  # no read is applied between the two halves of rule 6
    mark: bool = True  # another mark at the applied n clears the cache
    new_connection: bool = True  # so does a new connection
    wait: Literal["after", "none", "inside"] = "after"  # 8: where the revoker waits


class Epoch(NamedTuple):
    """A place in the history: its number, the random mark there, the primary that told it."""

    n: int
    mark: int
    primary: int


UNKNOWN = Epoch(-1, 0, 0)


class Poll(NamedTuple):
    """A poll under way; ``drops`` None is: all. Half applied once one half of rule 6 is done."""

    age: int | None
    epoch: Epoch | None = None
    drops: Tokens | None = NONE
    half: bool = False


class Read(NamedTuple):
    """A sent batch: the tokens it found good and the epoch it read, None until executed."""

    good: Tokens | None = None
    epoch: Epoch | None = None
    spoiled: bool = False


class Verify(NamedTuple):
    """The watched verify; ``late`` is: it started after the answer to a revoke was received."""

    phase: Literal["unparsed", "started", "timed", "queued", "joined"]
    token: str
    late: bool
    age: int = 0


class Process(NamedTuple):
    """A verifying process; the initial values are those after a start or a crash."""

    cache: Tokens = NONE
    epoch: Epoch = UNKNOWN
    lease: int | None = None
    poll: Poll | None = None
    read: Read | None = None
    verify: Verify | None = None


class Ended(NamedTuple):
    """A step's outcome; ``lied`` is: a late verify has ended well."""

    process: Process
    lied: bool = False


Moves = Iterator[tuple[str, Ended]]


def process_steps(process: Process, rules: Rules, lease: int) -> Moves:
    """Yield what a process may do by itself: all but start a verify and hear from the database.

    ``lease`` is how long its own lease lasts, in ticks.
    """
    yield from _poll_steps(process, rules)
    yield from _read_steps(process, rules)
    if process.verify is not None:
        yield from _verify_steps(process, process.verify, rules, lease)
    if process != Process():
        yield "crashes and starts again", Ended(Process())


def _poll_steps(process: Process, rules: Rules) -> Moves:
    poll = process.poll
    if poll is None:
        age = 0 if rules.t0_before_poll else None
        label = "reads t0 and sends a poll" if rules.t0_before_poll else "sends a poll, no t0 yet"
        yield label, Ended(process._replace(poll=Poll(age)))
        return
    if not poll.half:
        yield "loses its poll", Ended(process._replace(poll=None))
    at = poll.epoch
    if at is None:
        return
    if not rules.t0_before_poll and not poll.half:
        poll = poll._replace(age=0)  # the wrong moment: the reply is there
    if poll.half == rules.invalidate_first:
        done, label = process._replace(epoch=at, lease=poll.age), f"moves n to {at.n}, and t0"
    else:
        done, label = _invalidated(process, poll, rules)
    yield label, Ended(done._replace(poll=None if poll.half else poll._replace(half=True)))


def _invalidated(process: Process, poll: Poll, rules: Rules) -> tuple[Process, str]:
    if poll.drops is not None:
        cache = process.cache - poll.drops
        return process._replace(cache=cache), f"drops what the log names: {sorted(poll.drops)}"
    read = process.read
    if read is not None and rules.spoil_on_clear:
        read = read._replace(spoiled=True)
    return process._replace(cache=NONE, read=read), "clears its cache"


def _read_steps(process: Process, rules: Rules) -> Moves:
    read, verify = process.read, process.verify
    if read is None:
        if verify is not None and verify.phase == "queued":
            verify = verify._replace(phase="joined")
        yield "sends a batch", Ended(process._replace(read=Read(), verify=verify))
        return
    joined = verify is not None and verify.phase == "joined"
    without = process._replace(read=None, verify=None if joined else verify)
    yield "loses its batch", Ended(without)
    between = process.poll is not None and process.poll.half
    if read.good is None or read.epoch is None or (between and rules.no_read_between):
        return
    lied = joined and verify is not None and verify.late and verify.token in read.good
    told = ", which answers the verify: good" if lied else ""
    if _is_kept(process, read, read.epoch, rules):
        cache = process.cache | read.good
        yield f"keeps what its batch found{told}", Ended(without._replace(cache=cache), lied)
    else:
        yield f"does not keep what its batch found{told}", Ended(without, lied)


def _is_kept(process: Process, read: Read, at: Epoch, rules: Rules) -> bool:
    if rules.keep == "same":
        return at[:2] == process.epoch[:2]
    return rules.keep == "any" or (at.n >= process.epoch.n and not read.spoiled)


def _verify_steps(process: Process, verify: Verify, rules: Rules, lease: int) -> Moves:
    if verify.phase == "started":
        timed = verify._replace(phase="timed", age=0)
        yield "its verify reads the clock", Ended(process._replace(verify=timed))
    if verify.phase != "timed":
        return
    leased = process.lease is not None and process.lease - verify.age < lease
    if leased and verify.token in process.cache:
        ended = process._replace(verify=None)
        yield "its verify finds it good in memory", Ended(ended, lied=verify.late)
        return
    if rules.clock_after_start:
        again = verify._replace(phase="started", age=0)
        yield "its verify waits for a poll", Ended(process._replace(verify=again))
    queued = verify._replace(phase="queued", age=0)
    yield "its verify queues for the next batch", Ended(process._replace(verify=queued))
    if process.read is not None and not rules.join_only_unsent:
        joined = queued._replace(phase="joined")
        yield "its verify joins the batch under way", Ended(process._replace(verify=joined))


def aged(process: Process, lease: int) -> Process:
    """Return the process a tick later.

    Only ``now - t0`` and ``c - t0`` are compared, with the lease: beyond a lease before the
    older of now and c, all t0 are one. Once c itself is that old, c and all that is older stay
    where they are, so that their differences are kept.
    """
    verify, poll = process.verify, process.poll
    c = verify.age if verify is not None and verify.phase in {"unparsed", "timed"} else None
    if verify is not None and c is not None:
        verify = verify._replace(age=min(c + 1, lease))
    if poll is not None and poll.age is not None:
        poll = poll._replace(age=_older(poll.age, c, lease))
    held = None if process.lease is None else _older(process.lease, c, lease)
    if c is None and held == lease:
        held = None  # over for this verify and for all to come
    return process._replace(lease=held, verify=verify, poll=poll)


def _older(age: int, c: int | None, lease: int) -> int:
    if c is None:
        return min(age + 1, lease)
    if c < lease:
        return min(age + 1, lease + c + 1)
    return age + 1 if age < lease else age
