"""Rule 6: what a poll brings is forgotten first, and what it cannot tell clears the memory."""

import asyncio
import logging
from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.verify.rules.database import Database, Rights
from tests.verify.rules.world import A_MOMENT, World
from tokens.secret import TokenSecret
from tokens.verify.memory import MOST_ENTRIES
from tokens.verify.verdict import Reason


def test_rule_6_a_token_that_lost_something_is_forgotten_alone(world: World) -> None:
    lost, other = world.database.issue(), world.database.issue()

    async def story() -> None:
        await world.keep(lost, other)
        world.database.revoke(lost)
        await world.polled()
        assert not world.kept(lost)
        assert world.kept(other)
        assert await world.verify(lost) is Reason.REVOKED

    world.run(story)


def test_rule_6_all_tokens_of_an_account_that_lost_something_are_forgotten(world: World) -> None:
    account = uuid4()
    lost = [world.database.issue(Rights(account_id=account)) for _ in range(2)]
    other = world.database.issue()

    async def story() -> None:
        await world.keep(*lost, other)
        world.database.disable(account)
        await world.polled()
        assert [world.kept(secret) for secret in lost] == [None, None]
        assert world.kept(other)

    world.run(story)


def test_rule_6_what_was_seen_once_is_not_forgotten_again(world: World) -> None:
    secret = world.database.issue()

    async def story() -> None:
        await world.keep(secret)
        world.database.change(secret, scopes=("read:users",))
        await world.polled()
        await world.keep(secret)
        await world.polled()
        assert world.kept(secret)

    world.run(story)


def _trim(database: Database) -> None:
    database.note(b"one")
    database.note(b"two")
    del database.entries[:-1]


def _hole(database: Database) -> None:
    for name in (b"one", b"two", b"three"):
        database.note(name)
    del database.entries[-2]


def _short(database: Database) -> None:
    database.note(b"one")
    del database.entries[-1]


def _empty(database: Database) -> None:
    database.entries.clear()


def _restore(database: Database) -> None:
    database.n, database.mark = 0, "m0"
    database.entries = [(0, "m0", None, None)]


def _fork(database: Database) -> None:
    database.mark = "another"
    database.entries = [(database.n, "another", None, None)]


def _fork_further_on(database: Database) -> None:
    _fork(database)
    database.note(b"one")


def _everybody(database: Database) -> None:
    database.note()


def _too_much(database: Database) -> None:
    for number in range(MOST_ENTRIES):
        database.note(number.to_bytes(4, "big"))


def _too_much_at_once(database: Database) -> None:
    database.note()
    newest = database.entries.pop()
    for number in range(MOST_ENTRIES):
        database.entries.append((*newest[:2], number.to_bytes(4, "big"), None))


CLEARS: dict[str, Callable[[Database], None]] = {
    "the log was trimmed": _trim,
    "an entry is missing": _hole,
    "the newest is missing": _short,
    "all are missing": _empty,
    "n goes backwards": _restore,
    "another mark at the same n": _fork,
    "another mark, and one entry more": _fork_further_on,
    "an entry of everybody": _everybody,
    "more entries than are read": _too_much,
    "more entries than are read, of one epoch": _too_much_at_once,
}


@pytest.mark.parametrize("happens", CLEARS.values(), ids=CLEARS)
def test_rule_6_what_cannot_be_told_apart_clears_the_memory(
    happens: Callable[[Database], None], world: World
) -> None:
    secrets = [world.database.issue(), world.database.issue()]

    async def story() -> None:
        await world.keep(*secrets)
        happens(world.database)
        await world.polled()
        assert [world.kept(secret) for secret in secrets] == [None, None]
        assert world.verifier.memory.epoch == (world.database.n, world.database.mark)
        await world.keep(*secrets)

    world.run(story)


def test_rule_6_a_new_connection_clears_the_memory(world: World) -> None:
    kept, other = world.database.issue(), world.database.issue()
    world.holds.add("read")

    async def story() -> None:
        verify = world.begin(kept)
        await asyncio.sleep(A_MOMENT)
        world.reads[-1].answer()
        await verify
        failing = world.begin(other)
        await asyncio.sleep(A_MOMENT)
        world.reads[-1].fail()
        assert await failing is None
        assert not world.kept(kept)
        again = world.begin(other)
        await asyncio.sleep(0.11)
        world.reads[-1].answer()
        assert await again is Reason.GOOD
        assert world.kept(other)
        assert not world.kept(kept)
        assert len(world.lines) == 2

    world.run(story)


def test_rule_6_the_reply_of_a_connection_that_was_left_is_not_heard(world: World) -> None:
    kept, other = world.database.issue(), world.database.issue()
    world.holds |= {"read", "poll"}

    async def story() -> None:
        for secret in (kept, other):
            verify = world.begin(secret)
            await asyncio.sleep(A_MOMENT)
            if secret is kept:
                world.reads[-1].answer()
                await verify
        await asyncio.sleep(0.1)
        poll, read = world.polls[-1], world.reads[-1]
        poll.execute()
        read.execute()
        world.database.revoke(kept)
        world.database.revoke(other)
        assert await verify is None  # after a second; both lines were cut
        world.holds.clear()
        unknown = TokenSecret.mint()
        assert await world.verify(unknown) is Reason.UNKNOWN
        poll.answer()
        read.answer()
        await asyncio.sleep(A_MOMENT)
        assert world.verifier.memory.epoch == (3, "m3")
        assert not world.kept(other)
        assert await world.verify(other) is Reason.REVOKED

    world.run(story)


def test_rule_6_the_epoch_and_the_lease_move_after_the_last_entry_was_forgotten(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = world.database.issue(), world.database.issue()

    async def story() -> None:
        await world.keep(first, second)
        held = world.verifier.memory.t0
        world.database.entries.append((2, "m2", None, "unreadable"))  # type: ignore[arg-type]
        world.database.n, world.database.mark = 2, "m2"
        world.database.revoke(second)
        await world.polled()
        memory = world.verifier.memory
        assert (memory.epoch, memory.t0) in {((1, "m1"), held), (None, float("-inf"))}

    with caplog.at_level(logging.CRITICAL, logger="asyncio"):
        world.run(story)
