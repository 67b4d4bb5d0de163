"""The rounds of a worker clean up by themselves, and go on when a round fails."""

import threading
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.models import Attempt
from accounts.services import clean_up as cleaning
from accounts.services.throttle import Limit
from config.server.rounds import Rounds

PATIENCE = 20.0


@pytest.mark.django_db(transaction=True)
def test_rounds_clean_up_in_a_thread_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    Attempt.objects.create(subject="over", tries=1, window_ends_at=timezone.now())
    clean_up, done = cleaning.clean_up, threading.Event()
    faults = iter([OperationalError("the database is away"), None])

    def work() -> Any:
        if fault := next(faults, None):
            raise fault
        deleted = clean_up()
        done.set()
        return deleted

    monkeypatch.setattr(cleaning, "clean_up", work)
    monkeypatch.setattr(cleaning, "HOURLY", Limit("clean-up", 10, cleaning.HOURLY.window))
    shortened = Rounds("clean up", cleaning.clean_up_if_due, seconds=0.02, last=True)
    shortened.start()
    try:
        assert done.wait(PATIENCE)
    finally:
        shortened.stop()
    assert not Attempt.objects.filter(subject="over").exists()


def test_the_first_round_comes_when_it_says_and_not_after_a_whole_pause() -> None:
    done = threading.Event()
    rounds = Rounds("soon", done.set, seconds=3600.0, first=0.0)
    rounds.start()
    try:
        assert done.wait(PATIENCE)
    finally:
        rounds.stop()
