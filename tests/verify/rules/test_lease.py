"""Rules 1 to 3: the lease is one for all, begins before the question, and counts every second."""

import ast
import asyncio
import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from accounts.epoch import LEASE_SECONDS, MARGIN_SECONDS
from tests.verify.rules.world import World, until
from tokens.verify import clock, live, memory

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("accounts", "config", "tokens")


def fresh(name: str) -> ModuleType:
    """Return a module as a new process has it, whatever the suite has replaced in it."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assignments(name: str) -> list[ast.expr]:
    """Return what ``name`` is set to, anywhere in Wardkey."""
    found = []
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                assert isinstance(node, ast.Assign)
                found.append(node.value)
    return found


def test_rule_1_the_lease_and_its_margin_are_numbers_in_code() -> None:
    for name, seconds in (("LEASE_SECONDS", 0.25), ("MARGIN_SECONDS", 0.01)):
        [value] = assignments(name)
        assert isinstance(value, ast.Constant)
        assert value.value == seconds


def test_rule_1_the_wait_and_the_memory_go_by_the_same_lease() -> None:
    assert fresh("accounts.losses").WAIT_SECONDS == LEASE_SECONDS + MARGIN_SECONDS
    assert fresh("tokens.verify.memory").LEASE_SECONDS is LEASE_SECONDS
    assert vars(memory)["LEASE_SECONDS"] is vars(live)["LEASE_SECONDS"] is LEASE_SECONDS


def test_rule_1_memory_is_used_within_the_lease_and_not_at_its_end(world: World) -> None:
    secret = world.database.issue()

    async def story() -> None:
        await world.keep(secret)
        world.holds.add("poll")
        world.ends_at(secret, world.verifier.memory.t0 + LEASE_SECONDS)

    world.run(story)


def test_rule_2_a_read_renews_the_lease_from_before_it_was_sent(world: World) -> None:
    secret = world.database.issue()
    world.holds |= {"read", "poll"}

    async def story() -> None:
        verify = world.begin(secret)
        await asyncio.sleep(0.2)
        world.reads[0].answer()
        await verify
        world.ends_at(secret, world.reads[0].sent_at + LEASE_SECONDS)

    world.run(story)


def test_rule_2_a_poll_renews_the_lease_from_before_it_was_sent(world: World) -> None:
    secret = world.database.issue()

    async def story() -> None:
        await world.keep(secret)
        world.holds.add("poll")
        await until(lambda: world.polls)
        await asyncio.sleep(0.1)
        world.polls[0].answer()
        await asyncio.sleep(0.01)
        world.ends_at(secret, world.polls[0].sent_at + LEASE_SECONDS)

    world.run(story)


def test_rule_2_the_clock_is_read_after_the_request_was_understood(world: World) -> None:
    secret = world.database.issue()

    class Slow(list[tuple[bytes, bytes]]):
        """Headers that take as long to read as the lease lasts."""

        def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
            world.clock.awake += LEASE_SECONDS
            return super().__iter__()

    async def story() -> None:
        await world.keep(secret)
        assert await world.ask(secret) == 200
        assert len(world.reads) == 1
        world.database.revoke(secret)
        assert await world.ask(secret, headers=Slow) == 401

    world.run(story)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="there is no CLOCK_BOOTTIME here")
def test_rule_3_the_clock_counts_what_was_slept_through(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {time.CLOCK_MONOTONIC: 5.0, time.CLOCK_REALTIME: 1e9, time.CLOCK_BOOTTIME: 3605.0}
    monkeypatch.setattr(time, "clock_gettime", told.__getitem__)
    assert clock.boot_seconds() == 3605.0


def test_rule_3_no_lease_outlives_a_suspend(world: World) -> None:
    secret = world.database.issue()

    async def story() -> None:
        await world.keep(secret)
        assert await world.ask(secret) == 200
        assert len(world.reads) == 1
        world.database.revoke(secret)
        world.clock.asleep += 3600  # which the loop's own clock does not count
        assert await world.ask(secret) == 401

    world.run(story)
