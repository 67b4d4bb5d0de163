"""Rules 11 and 14: what belongs to one process alone, and what does not answer is left behind."""

import asyncio
import os
from itertools import pairwise

import pytest

from tests.verify.rules.database import digest_of
from tests.verify.rules.world import A_MOMENT, World, until
from tokens.secret import TokenSecret
from tokens.verify.verdict import Reason


def told_by_a_child(world: World, secret: TokenSecret) -> str:
    """Return what a forked process finds in its memory, and where it reads."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            kept, counted = bool(world.kept(secret)), world.verifier.tally.hits
            opened = len(world.lines)

            async def story() -> None:
                assert await world.verify(secret) is Reason.GOOD
                assert world.kept(secret)

            world.run(story)
            told = f"kept: {kept}, counted: {counted}, lines opened: {len(world.lines) - opened}"
            os.write(writing, told.encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as answer:
        told = answer.read()
    assert os.waitpid(child, 0)[1] == 0
    return told


def test_rule_11_a_forked_process_inherits_nothing_and_asks_anew(world: World) -> None:
    secret = world.database.issue()

    async def before() -> None:
        await world.keep(secret)
        world.verifier.tally.hits += 1
        world.verifier.close = lambda: None  # type: ignore[method-assign] # it goes on meanwhile

    world.run(before)
    assert world.kept(secret)
    assert told_by_a_child(world, secret) == "kept: False, counted: 0, lines opened: 1"
    assert world.kept(secret)
    assert not world.lines[0].is_cut


def test_rule_14_a_line_that_does_not_answer_is_cut_and_left_behind(world: World) -> None:
    secret = world.database.issue()
    world.holds.add("read")

    async def story() -> None:
        verify = world.begin(secret)
        assert await verify is None
        frozen = world.lines[0]
        assert frozen.is_cut
        assert not frozen.reads[0].reply.done()  # nobody waits for it any more
        world.holds.clear()
        before = world.clock.seconds()
        assert await world.verify(secret) is Reason.GOOD
        assert world.clock.seconds() - before < 0.1
        assert len(world.lines) == 2

    world.run(story)


def test_rule_14_a_line_that_ends_while_nobody_asks_costs_nobody_a_verdict(world: World) -> None:
    secret = world.database.issue()

    async def story() -> None:
        await world.keep(secret)
        await asyncio.sleep(2)
        world.lines[0].are_lost = True
        assert await world.verify(secret) is Reason.GOOD
        assert world.lines[0].is_cut
        assert len(world.lines) == 2

    world.run(story)


def test_rule_14_a_poll_that_is_not_answered_cuts_the_line(world: World) -> None:
    secret = world.database.issue()

    async def story() -> None:
        await world.keep(secret)
        world.holds.add("poll")
        for _ in range(25):
            world.kept(secret)
            await asyncio.sleep(0.05)
        assert world.lines[0].is_cut
        world.holds.clear()
        assert await world.verify(secret) is Reason.GOOD
        await world.polled()

    world.run(story)


def test_rule_14_while_a_poll_is_not_answered_the_lease_ends(world: World) -> None:
    secret = world.database.issue()

    async def story() -> None:
        await world.keep(secret)
        world.holds.add("poll")
        await until(lambda: not world.kept(secret), 0.3)
        assert not world.lines[0].is_cut
        assert await world.verify(secret) is Reason.GOOD  # reads go on beside it

    world.run(story)


def test_rule_14_connections_are_tried_every_100_ms_while_somebody_asks(world: World) -> None:
    secret = world.database.issue()
    world.is_down = True

    async def story() -> None:
        while world.clock.seconds() < 2:
            verify = world.begin(secret)
            await asyncio.sleep(0.01)
        assert await verify is None
        gaps = [after - before for before, after in pairwise(world.tries)]
        assert 15 <= len(world.tries) <= 21
        assert min(gaps) >= 0.1 - A_MOMENT
        world.is_down = False
        before = world.clock.seconds()
        assert await world.verify(secret) is Reason.GOOD
        assert world.clock.seconds() - before <= 0.1 + A_MOMENT
        tries = len(world.tries)
        await asyncio.sleep(2)
        assert len(world.tries) == tries

    world.run(story)


def test_rule_14_nobody_is_kept_waiting_by_a_verify_that_was_given_up(world: World) -> None:
    """A client that goes away leaves its place in the batch, and the others are answered."""
    first, second = world.database.issue(), world.database.issue()
    world.holds.add("read")

    async def story() -> None:
        gone = world.begin(first)
        await asyncio.sleep(A_MOMENT)
        also_gone, stays = world.begin(second), world.begin(second)
        await asyncio.sleep(A_MOMENT)
        gone.cancel()
        also_gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        world.reads[0].answer()
        await asyncio.sleep(A_MOMENT)
        world.reads[1].answer()
        assert await stays is Reason.GOOD
        assert digest_of(second) in world.verifier.memory._kept  # noqa: SLF001

    world.run(story)
