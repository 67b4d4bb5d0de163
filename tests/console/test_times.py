"""Times in words: rounded in the unit that suits them, with the exact time at hand."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.templatetags.console import in_words, moment

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (20 * SECOND, "in a moment"),
        (50 * SECOND, "in 1 minute"),
        (HOUR - 20 * SECOND, "in 1 hour"),
        (23 * HOUR, "in 23 hours"),
        (7 * DAY - 5 * SECOND, "in 7 days"),
        (30 * DAY, "in 30 days"),
        (90 * DAY, "in 3 months"),
        (365 * DAY, "in 1 year"),
        (800 * DAY, "in 2 years"),
    ],
)
def test_what_comes(away: timedelta, words: str) -> None:
    assert in_words(timezone.now() + away) == words


@pytest.mark.parametrize(
    ("away", "words"),
    [(20 * SECOND, "just now"), (2 * HOUR, "2 hours ago"), (34 * DAY, "34 days ago")],
)
def test_what_was(away: timedelta, words: str) -> None:
    assert in_words(timezone.now() - away) == words


def test_the_exact_time_is_at_hand_in_the_readers_zone() -> None:
    at = datetime(2030, 1, 31, 12, 0, 5, tzinfo=UTC)
    with timezone.override("Europe/Berlin"):
        html = str(moment(at))
    assert 'datetime="2030-01-31T12:00:05Z"' in html
    assert 'title="31 Jan 2030, 13:00:05 CET"' in html


def test_no_time_is_told_as_asked() -> None:
    assert moment(None, "Never") == "Never"
