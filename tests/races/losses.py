"""The losses of the race test: what each takes away, and how it is asked for."""

import contextlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Protocol

import httpx

PATIENCE_SECONDS = 60.0
"""A loss is asked for until it is answered, but not for longer."""


class Kind(StrEnum):
    """The ways to lose a right."""

    REVOKE = "revoke"
    NARROW = "narrow"
    EXPIRE = "expire"
    DISABLE = "disable"
    DELETE_ACCOUNT = "delete account"
    NARROW_ACCOUNT = "narrow account"
    SUSPEND = "suspend"
    DELETE_ORGANIZATION = "delete organization"


BY_HAND = frozenset({Kind.SUSPEND, Kind.DELETE_ORGANIZATION})
"""Done by whoever has a shell; all others by REST."""
ALONE = BY_HAND | {Kind.DISABLE, Kind.DELETE_ACCOUNT, Kind.NARROW_ACCOUNT}
"""Those whose victims share their account with nobody."""
GONE = frozenset({Kind.REVOKE, Kind.DELETE_ACCOUNT})
"""Those whose repeat is told 404."""
FEWER = ["read:tokens"]


@dataclass(frozen=True)
class Victim:
    """A token, and what it is going to lose; nothing, if ``kind`` is None."""

    kind: Kind | None
    account: str
    token: str
    organization: str
    secret: str


@dataclass(frozen=True)
class Loss:
    """When a loss was first asked for, and since when it has to be true."""

    began: float
    answered: float


class Hand(Protocol):
    """Somebody at a shell."""

    def do(self, act: str, slug: str) -> None:
        """Do an act of ``tests.races.by_hand``; it is done when this returns."""


def take(victim: Victim, clients: list[httpx.Client], hand: Hand, chance: Random) -> Loss:
    """Take away what ``victim`` is to lose, through any of the servers."""
    assert victim.kind is not None
    began = time.monotonic()
    if victim.kind in BY_HAND:
        hand.do(victim.kind.partition(" ")[0], victim.organization)
        return Loss(began, time.monotonic())
    tries = 0
    while time.monotonic() < began + PATIENCE_SECONDS:
        tries += 1
        answer = _asked(victim, chance.choice(clients), chance.uniform(0.03, 0.2) * tries)
        answered = time.monotonic()
        if answer is None or answer.status_code == 503 or _came_late(victim, answer):
            time.sleep(0.05)
        elif victim.kind == Kind.EXPIRE:
            return Loss(began, _since_when(answer, answered, repeated=tries > 1))
        else:
            repeated = tries > 1 and victim.kind in GONE and answer.status_code == 404
            assert answer.is_success or repeated, answer.text
            return Loss(began, answered)
    raise AssertionError(f"{victim.kind} was not answered")


def _came_late(victim: Victim, answer: httpx.Response) -> bool:
    """Say whether the end that was asked for had passed on the way, so that nothing happened."""
    return victim.kind == Kind.EXPIRE and answer.status_code == 422


def _asked(victim: Victim, client: httpx.Client, soon: float) -> httpx.Response | None:
    """Ask for the loss once, or for an end in ``soon`` seconds; None if the connection broke."""
    account = f"/service-accounts/{victim.account}"
    token = f"{account}/tokens/{victim.token}"
    body: dict[str, object] | None = None
    match victim.kind:
        case Kind.REVOKE:
            method, address = "DELETE", token
        case Kind.DELETE_ACCOUNT:
            method, address = "DELETE", account
        case Kind.DISABLE:
            method, address = "POST", f"{account}/disable"
        case Kind.NARROW_ACCOUNT:
            method, address, body = "PATCH", account, {"scopes": FEWER}
        case Kind.NARROW:
            method, address, body = "PATCH", token, {"scopes": FEWER}
        case _:
            end = datetime.now(UTC) + timedelta(seconds=soon)
            method, address, body = "PATCH", token, {"expiresAt": end.isoformat()}
    with contextlib.suppress(httpx.TransportError):
        return client.request(method, address, json=body)
    return None


def _since_when(answer: httpx.Response, answered: float, *, repeated: bool) -> float:
    """Return when the end that was answered is over.

    Another try may find that it is over; then nobody has said since when.
    """
    if answer.is_success:
        end = datetime.fromisoformat(answer.json()["expiresAt"]).timestamp()
        return max(answered, time.monotonic() + end - time.time())
    assert repeated, answer.text
    return float("inf")
