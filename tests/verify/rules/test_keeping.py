"""Rules 9, 10 and 13: for how long a token is kept, which ones are, and under what."""

import asyncio
import gc
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from accounts.epoch import LEASE_SECONDS
from tests.verify.rules.database import BEGINNING, Rights, digest_of
from tests.verify.rules.world import A_MOMENT, World
from tokens.gate import first_look
from tokens.secret import TokenSecret
from tokens.verify.memory import KEPT_SECONDS
from tokens.verify.verdict import Reason

SOON = BEGINNING + timedelta(seconds=5)
DEAD: dict[str, tuple[dict[str, Any], Reason]] = {
    "revoked": ({"is_revoked": True}, Reason.REVOKED),
    "expired": ({"expires_at": BEGINNING - timedelta(seconds=1)}, Reason.EXPIRED),
    "of an account that is off": ({"account_is_on": False}, Reason.ACCOUNT_OFF),
    "of no organization": ({"organization_is_live": False}, Reason.ORGANIZATION_GONE),
}


async def asked_until(world: World, secret: TokenSecret, moment: float) -> None:
    """Go on asking until ``moment``, so that the lease is renewed all the time."""
    while world.clock.awake + 0.05 < moment:
        world.kept(secret)
        await asyncio.sleep(0.05)
    world.kept(secret)
    await asyncio.sleep(moment - world.clock.awake - A_MOMENT)


def test_rule_9_a_kept_token_ends_at_its_very_instant(world: World) -> None:
    secret = world.database.issue(Rights(expires_at=SOON))

    async def story() -> None:
        await world.keep(secret)
        await asked_until(world, secret, 5.0)
        assert world.clock.awake - world.verifier.memory.t0 < LEASE_SECONDS
        world.ends_at(secret, 5.0)
        assert await world.verify(secret) is Reason.EXPIRED

    world.run(story)


def test_rule_9_the_instant_itself_is_refused_when_it_is_read(world: World) -> None:
    secret = world.database.issue(Rights(expires_at=SOON))
    world.clock.awake = 5.0

    async def story() -> None:
        world.holds.add("read")
        verify = world.begin(secret)
        await asyncio.sleep(0.01)
        world.clock.awake = 5.0
        world.reads[0].answer()
        assert await verify is Reason.EXPIRED

    world.run(story)


def test_rule_9_what_is_left_counts_from_before_the_read_was_sent(world: World) -> None:
    """A reply that is on its way for long does not prolong what it tells."""
    secret = world.database.issue(Rights(expires_at=BEGINNING + timedelta(seconds=0.2)))
    world.holds.add("read")

    async def story() -> None:
        verify = world.begin(secret)
        await asyncio.sleep(A_MOMENT)
        left = 0.2 - world.clock.awake
        world.reads[0].execute()
        await asyncio.sleep(0.1)
        world.reads[0].answer()
        assert await verify is Reason.GOOD
        world.ends_at(secret, world.reads[0].sent_at + left)

    world.run(story)


def test_rule_9_no_token_is_kept_for_longer_than_a_minute(world: World) -> None:
    secret = world.database.issue()

    async def story() -> None:
        await world.keep(secret)
        await asked_until(world, secret, KEPT_SECONDS)
        assert world.kept(secret)
        await asyncio.sleep(0.1)
        assert not world.kept(secret)
        assert len(world.reads) == 1

    world.run(story)


@pytest.mark.parametrize(("rights", "reason"), DEAD.values(), ids=DEAD)
def test_rule_10_a_dead_token_is_not_kept(
    rights: dict[str, Any], reason: Reason, world: World
) -> None:
    secret = world.database.issue(Rights(**rights))

    async def story() -> None:
        for times in (1, 2):
            assert await world.verify(secret) is reason
            assert len(world.verifier.memory) == 0
            assert len(world.reads) == times

    world.run(story)


def test_rule_10_an_unknown_token_is_not_kept(world: World) -> None:
    async def story() -> None:
        for times in (1, 2, 3):
            assert await world.ask(TokenSecret.mint()) == 401
            assert len(world.verifier.memory) == 0
            assert len(world.reads) == times

    world.run(story)


def test_rule_10_what_begins_to_be_good_is_good_at_once(world: World) -> None:
    secret = world.database.issue(Rights(account_is_on=False))

    async def story() -> None:
        assert await world.ask(secret) == 401
        world.holds.add("poll")
        world.database.change(secret, account_is_on=True)
        assert await world.ask(secret) == 200

    world.run(story)


def test_rule_10_a_scope_that_memory_lacks_is_read_again(world: World) -> None:
    secret = world.database.issue()

    async def story() -> None:
        await world.keep(secret)
        world.holds.add("poll")
        for times in (2, 3):
            assert await world.ask(secret, "scope=read:users") == 403
            assert len(world.reads) == times
        world.database.change(secret, scopes=("read:users",))
        assert await world.ask(secret, "scope=read:users") == 200

    world.run(story)


def test_rule_10_a_scope_that_was_granted_goes_with_the_token(world: World) -> None:
    secret = world.database.issue()

    async def story() -> None:
        await world.keep(secret)
        for _ in range(2):
            assert await world.ask(secret, "scope=write:releases") == 200
        assert len(world.reads) == 1
        world.database.change(secret, scopes=("read:users",))
        await world.polled()
        assert await world.ask(secret, "scope=write:releases") == 403
        assert await world.ask(secret, "scope=read:users") == 200

    world.run(story)


def reached_from(root: object) -> list[object]:
    """Return everything that ``root`` holds, but for modules, classes and functions."""
    seen: dict[int, object] = {}
    ahead = [root]
    while ahead:
        one = ahead.pop()
        if id(one) not in seen and not isinstance(one, type) and not callable(one):
            seen[id(one)] = one
            ahead += gc.get_referents(one)
    return list(seen.values())


def test_rule_13_memory_is_by_digest_and_holds_no_secret(world: World) -> None:
    secret = world.database.issue()

    async def story() -> None:
        for query in ("", "scope=write:releases"):
            for _ in range(2):
                assert await world.ask(secret, query) == 200
        held = reached_from(vars(world.verifier))
        assert digest_of(secret) in held
        core = str(secret)[-20:]
        texts = [one for one in held if isinstance(one, str | bytes | bytearray)]
        assert not [one for one in texts if core in repr(one)]
        assert not [one for one in held if isinstance(one, TokenSecret)]

    world.run(story)


def test_rule_10_an_answer_is_made_once_and_again_when_it_may_be_told_no_longer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = world.database.issue()
    made: list[float] = []

    def good(_: object, now: float) -> tuple[bytes, float]:
        made.append(now)
        return b"HTTP/1.1 200 OK\r\nx-request-id: ", now + 5

    monkeypatch.setattr(first_look, "good", good)

    async def story() -> None:
        await world.keep(secret)
        while world.clock.seconds() < 12:
            assert await world.ask(secret) == 200
            await asyncio.sleep(0.05)
        assert len(made) == 3
        assert all(5 <= later - earlier < 5.1 for earlier, later in pairwise(made))

    world.run(story)
