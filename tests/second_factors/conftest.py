"""A clock for authenticator apps that stands still, and an owner who has such an app."""

from types import SimpleNamespace

import pytest
from allauth.mfa.totp.internal import auth as totp

from accounts.models import Membership
from tests.second_factors.factors import STEP_SECONDS, code_at, enrol_app, wrong_code


class Clock:
    """What authenticator apps and our check of their codes take for the time."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    @property
    def step(self) -> int:
        """The step that it is now."""
        return int(self.seconds) // STEP_SECONDS

    def pass_steps(self, many: int) -> None:
        """Let so many steps pass."""
        self.seconds += many * STEP_SECONDS


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of authenticator apps: no test waits for a step, or falls between two."""
    found = Clock()
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=lambda: found.seconds))
    return found


class App:
    """The owner's authenticator app."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self.secret = secret
        self._clock = clock

    def code(self, later: int = 0) -> str:
        """Return what it shows ``later`` steps from now."""
        return code_at(self.secret, self._clock.step + later)

    def wrong(self) -> str:
        """Return what it does not show around now."""
        return wrong_code(self.secret, self._clock.step)


@pytest.fixture
def app(owner: Membership, clock: Clock) -> App:
    """The authenticator app of the owner of `acme`."""
    return App(enrol_app(owner.user), clock)
