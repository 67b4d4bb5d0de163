"""A code of six digits cannot be guessed: wrong ones are counted, for each person."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import Attempt, Membership
from accounts.services.second_factors import SECOND_FACTOR
from accounts.services.throttle import SIGN_IN_BY_ACCOUNT, SIGN_IN_BY_ADDRESS, forget
from tests.second_factors.conftest import App
from tests.second_factors.factors import enrol_recovery_codes, refused, sign_in

BY_ACCOUNT = SIGN_IN_BY_ACCOUNT.tries
EMAIL = "owner@acme.test"


def test_a_wrong_code_counts_like_a_wrong_password(app: App) -> None:
    for at in range(BY_ACCOUNT):
        answer = sign_in(otp=app.wrong()) if at % 2 else sign_in(password="wrong")
        assert answer.status_code == 401
    answer = sign_in(otp=app.code())
    assert (answer.status_code, answer.json()["code"]) == (429, "Request.Throttled")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_right_password_gives_no_new_tries_at_the_code(app: App) -> None:
    statuses = []
    for _ in range(SECOND_FACTOR.tries):
        statuses.append(sign_in(otp=app.wrong()).status_code)
        forget(SIGN_IN_BY_ACCOUNT, EMAIL)  # as the next quarter of an hour does
    assert statuses == [401] * SECOND_FACTOR.tries
    answer = sign_in(otp=app.code())
    assert answer.status_code == 429
    longest = SECOND_FACTOR.window.total_seconds()
    assert SIGN_IN_BY_ACCOUNT.window.total_seconds() < int(answer.headers["Retry-After"]) <= longest


def test_recovery_codes_are_guessed_no_longer_than_others(app: App, owner: Membership) -> None:
    recovery = enrol_recovery_codes(owner.user)
    for at in range(SECOND_FACTOR.tries):
        assert refused(sign_in(otp=f"{at:08}"))
        forget(SIGN_IN_BY_ACCOUNT, EMAIL)
    assert sign_in(otp=recovery[0]).status_code == 429


def test_the_tries_end_with_their_window(app: App) -> None:
    for _ in range(SECOND_FACTOR.tries + 1):
        last = sign_in(otp=app.wrong())
    assert last.status_code == 429
    Attempt.objects.update(window_ends_at=timezone.now() - timedelta(seconds=1))
    assert sign_in(otp=app.code()).status_code == 200


def test_a_right_code_forgets_the_wrong_ones(app: App) -> None:
    for later in (-1, 0, 1):
        for _ in range(BY_ACCOUNT - 1):
            assert refused(sign_in(otp=app.wrong()))
        assert sign_in(otp=app.code(later)).status_code == 200


def test_asking_whether_a_code_is_needed_costs_nothing(app: App) -> None:
    for _ in range(SIGN_IN_BY_ADDRESS.tries + 1):
        assert refused(sign_in())
    assert sign_in(otp=app.code()).status_code == 200


def test_and_gives_no_tries_back_that_were_wrong(app: App) -> None:
    for _ in range(BY_ACCOUNT):
        assert refused(sign_in(otp=app.wrong()))
        assert sign_in().status_code in {401, 429}
    assert sign_in(otp=app.code()).status_code == 429


def test_a_person_without_a_factor_is_counted_as_before(owner: Membership) -> None:
    for _ in range(BY_ACCOUNT + 1):
        assert sign_in(otp="123456").status_code == 200


def test_the_table_of_tries_does_not_tell_whose_codes_they_were(
    app: App, owner: Membership
) -> None:
    sign_in(otp=app.wrong())
    rows = repr(list(Attempt.objects.values()))
    assert Attempt.objects.count() == 3
    assert owner.user_id.hex not in rows.replace("-", "")
