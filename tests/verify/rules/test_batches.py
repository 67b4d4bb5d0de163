"""Rules 4, 5 and 12: what a read may answer, what of it may stay, and how much of all there is."""

import asyncio
import gc
import time
from dataclasses import replace

import pytest

from tests.verify.rules.database import Rights, digest_of
from tests.verify.rules.world import A_MOMENT, World
from tokens.gate.answers import good
from tokens.secret import TokenSecret
from tokens.verify import live, memory
from tokens.verify.memory import Memory, snapshot_of, with_answer
from tokens.verify.snapshot import TokenSnapshot
from tokens.verify.statements import Epoch, Found, found_in
from tokens.verify.verdict import Reason


def test_rule_4_nobody_joins_a_read_that_is_under_way(world: World) -> None:
    secret = world.database.issue()
    world.holds.add("read")

    async def story() -> None:
        early = world.begin(secret)
        await asyncio.sleep(A_MOMENT)
        world.reads[0].execute()
        world.database.revoke(secret)
        late = world.begin(secret)
        await asyncio.sleep(A_MOMENT)
        world.reads[0].answer()
        assert await early is Reason.GOOD
        await asyncio.sleep(A_MOMENT)
        assert not late.done()
        world.reads[1].answer()
        assert await late is Reason.REVOKED

    world.run(story)


def test_rule_4_who_comes_before_it_is_sent_goes_along(world: World) -> None:
    secrets = [world.database.issue() for _ in range(3)]

    async def story() -> None:
        await world.keep(secrets[0])
        verdicts = [world.begin(secret) for secret in secrets]
        assert await asyncio.gather(*verdicts) == [Reason.GOOD] * 3
        assert len(world.reads) == 2

    world.run(story)


def test_rule_5_a_row_of_a_later_epoch_answers_once_and_is_not_kept(world: World) -> None:
    first, second = world.database.issue(), world.database.issue()

    async def story() -> None:
        await world.keep(first)
        world.holds.add("poll")
        held = world.verifier.memory.t0
        world.database.note(digest_of(first))
        await asyncio.sleep(A_MOMENT)
        assert await world.verify(second) is Reason.GOOD
        assert not world.kept(second)
        assert world.verifier.memory.t0 == held
        assert len(world.polls) == 1  # at once, so that the next may be kept

    world.run(story)


def test_rule_5_a_row_of_an_earlier_epoch_answers_once_and_is_not_kept(world: World) -> None:
    first, second = world.database.issue(), world.database.issue()

    async def story() -> None:
        await world.keep(first)
        world.holds.add("read")
        verify = world.begin(second)
        await asyncio.sleep(A_MOMENT)
        world.reads[-1].execute()
        world.database.revoke(second)
        await world.polled()
        assert world.verifier.memory.epoch == (2, "m2")
        world.reads[-1].answer()
        assert await verify is Reason.GOOD
        assert not world.kept(second)

    world.run(story)


def test_rule_5_a_row_of_another_history_answers_once_and_is_not_kept(world: World) -> None:
    first, second = world.database.issue(), world.database.issue()

    async def story() -> None:
        await world.keep(first)
        world.holds.add("poll")
        held = world.verifier.memory.t0
        world.database.mark = "another"
        await asyncio.sleep(A_MOMENT)
        assert await world.verify(second) is Reason.GOOD
        assert not world.kept(second)
        assert world.verifier.memory.t0 == held

    world.run(story)


def test_rule_12_so_many_digests_are_in_a_read_and_one_read_is_under_way(world: World) -> None:
    secrets = [TokenSecret.mint() for _ in range(300)]
    world.holds.add("read")

    async def story() -> None:
        verifies = [world.begin(secret) for secret in secrets]
        sizes = []
        while not all(verify.done() for verify in verifies):
            await asyncio.sleep(A_MOMENT)
            under_way = [read for read in world.reads if not read.reply.done()]
            assert len(under_way) <= 1
            for read in under_way:
                sizes.append(read.size)
                read.answer()
        assert sizes == [256, 256, 88]  # two server keys, so two digests of each
        assert {verify.result() for verify in verifies} == {Reason.UNKNOWN}

    world.run(story)


def test_rule_12_one_more_than_may_wait_is_refused_at_once(world: World) -> None:
    unknown = TokenSecret.mint()
    world.holds.add("read")

    async def story() -> None:
        first = world.begin(unknown)
        await asyncio.sleep(A_MOMENT)
        waiting = [world.begin(unknown) for _ in range(4_096)]
        await asyncio.sleep(0)
        before = world.clock.seconds()
        assert await world.verify(unknown) is None
        assert world.clock.seconds() == before
        assert not any(verify.done() for verify in waiting)
        world.holds.clear()
        world.reads[0].answer()
        assert set(await asyncio.gather(first, *waiting)) == {Reason.UNKNOWN}

    world.run(story)


def test_rule_12_a_verify_takes_no_longer_than_a_second(world: World) -> None:
    world.holds |= {"read", "poll"}

    async def story() -> None:
        sent = world.begin(TokenSecret.mint())
        await asyncio.sleep(0.5)
        behind = world.begin(TokenSecret.mint())
        begun = world.clock.seconds()
        assert await sent is None
        assert 0.5 <= world.clock.seconds() - begun < 0.6
        assert await behind is None
        assert world.clock.seconds() - begun < 1.1

    world.run(story)


def test_rule_12_a_line_is_not_cut_for_what_was_late_when_it_was_sent(world: World) -> None:
    kept, first, second = (world.database.issue() for _ in range(3))

    async def story() -> None:
        await world.keep(kept)
        world.holds.add("read")
        slow = world.begin(first)
        await asyncio.sleep(0.1)
        behind = world.begin(second)
        begun = world.clock.seconds()
        await asyncio.sleep(0.6)
        world.reads[-1].answer()
        assert await slow is Reason.GOOD
        assert await behind is None
        assert world.clock.seconds() - begun < 1.1
        assert not world.lines[0].is_cut
        world.reads[-1].answer()
        await asyncio.sleep(A_MOMENT)
        world.holds.clear()
        assert await world.ask(second) == 200

    world.run(story)


def test_rule_12_a_verify_waits_no_longer_for_a_connection(world: World) -> None:
    async def never() -> None:
        await asyncio.sleep(3600)

    world.verifier._open_lines = never  # type: ignore[assignment]  # noqa: SLF001

    async def story() -> None:
        assert await world.verify(TokenSecret.mint()) is None
        assert world.clock.seconds() < 1.1

    world.run(story)


def found(world: World) -> Found:
    """Return a token that never ends."""
    secret = world.database.issue(Rights())
    [one] = found_in(world.database.rows_of([digest_of(secret)]), world.database.now).values()
    return one


def renamed(one: Found, account: int) -> TokenSnapshot:
    """Return the token as another account's."""
    return replace(one.snapshot, account_id=type(one.snapshot.account_id)(int=account))


def test_rule_12_so_many_tokens_are_kept_and_the_oldest_goes(world: World) -> None:
    one, kept = found(world), Memory()
    kept.renew(0.0, Epoch(1, "m1"))
    for number in range(200_001):
        kept.keep(number.to_bytes(4, "big"), one, 0.0)
    assert len(kept) == 200_000
    assert not kept.usable(bytes(4), 0.0)
    assert kept.usable((1).to_bytes(4, "big"), 0.0)


def test_rule_12_the_garbage_collector_has_nothing_to_do_with_kept_tokens(world: World) -> None:
    """Objects made it stop the process for longer than the lease."""
    one, kept = found(world), Memory()
    kept.renew(0.0, Epoch(1, "m1"))
    for number in range(1_000):
        digest = number.to_bytes(4, "big")
        kept.keep(digest, one, 0.0)
        usable = kept.usable(digest, 0.0)
        assert usable is not None
        if number % 2:  # it was asked for again
            kept.note(digest, with_answer(usable, *good(snapshot_of(usable), 0.0)))
    gc.collect()
    assert not [token for token in kept._kept.values() if gc.is_tracked(token)]  # noqa: SLF001


def test_rule_12_those_that_end_are_dropped_without_a_search(world: World) -> None:
    """Each from the front at once: with the gaps of a dict, 50,000 took minutes of this."""
    one, kept = found(world), Memory()
    kept.renew(0.0, Epoch(1, "m1"))
    begun = time.process_time()
    for number in range(50_000):
        kept.keep(number.to_bytes(4, "big"), one, 0.0)
    filled = time.process_time()
    while len(kept):
        kept.forget_ended(memory.KEPT_SECONDS)
    assert time.process_time() - filled < 20 * (filled - begun)


def test_rule_12_no_account_is_remembered_without_a_token(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST_KEPT", 3)
    one, kept = found(world), Memory()
    kept.renew(0.0, Epoch(1, "m1"))
    for number in range(10):
        kept.keep(bytes([number]), replace(one, snapshot=renamed(one, number)), 0.0)
    assert len(kept) == len(kept._of_account) == 3  # noqa: SLF001
    kept.forget_ended(memory.KEPT_SECONDS)
    assert len(kept) == len(kept._of_account) == 0  # noqa: SLF001


def test_rule_12_what_is_bounded_is_bounded_by_the_designs_numbers() -> None:
    bounds = (memory.MOST_KEPT, live.MOST_WAITING, live.BATCH, live.DEADLINE_SECONDS)
    assert bounds == (200_000, 4_096, 256, 1.0)
    assert memory.KEPT_SECONDS == 60.0
