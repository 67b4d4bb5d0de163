"""What a factor is made of stands sealed in the database; server keys rotate below it."""

import base64
import logging
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection

from accounts.keys import parse_keys
from accounts.models import Membership
from accounts.services.second_factors import reseal_second_factors
from tests.house.tree import ROOT
from tests.organizations.rows import all_rows
from tests.second_factors.conftest import App
from tests.second_factors.factors import (
    enrol_app,
    enrol_passkey,
    enrol_recovery_codes,
    refused,
    sign_in,
)
from tests.settings import TEST_KEYS

K3 = f"k3:{base64.b64encode(b'a third key of the tests, in bytes').decode()}"
K2 = TEST_KEYS.partition(",")[0]


def stored(kind: str) -> dict[str, Any]:
    """Return what the database has of the one factor of this kind."""
    data: dict[str, Any] = Authenticator.objects.get(type=kind).data
    return data


def test_no_row_has_a_secret_in_the_clear(app: App, owner: Membership) -> None:
    codes = enrol_recovery_codes(owner.user)
    sign_in(otp=app.code())
    sign_in(otp=codes[0])
    rows = repr(list(all_rows().values()))
    assert str(owner.user.email) in rows
    raw = base64.b32decode(app.secret)
    secrets = [app.secret, app.secret.rstrip("="), raw.hex(), base64.b64encode(raw).decode()]
    assert [secret for secret in [*secrets, *codes] if secret in rows] == []
    for kind, member in (("totp", "secret"), ("recovery_codes", "seed")):
        assert stored(kind)[member].startswith("k2:gAAAA")


def test_the_same_secret_is_never_stored_the_same(app: App, owner: Membership) -> None:
    first = stored("totp")["secret"]
    Authenticator.objects.all().delete()
    enrol_app(owner.user, app.secret)
    assert stored("totp")["secret"] != first


def test_every_loaded_server_key_opens(app: App, owner: Membership, settings: Any) -> None:
    codes = enrol_recovery_codes(owner.user)
    settings.WARDKEY_SECRET_KEYS = parse_keys(f"{K3},{TEST_KEYS}")
    assert sign_in(otp=app.code()).status_code == 200
    assert sign_in(otp=codes[0]).status_code == 200


def test_a_rotation_leaves_nothing_on_the_old_key(
    app: App, owner: Membership, admin: Membership, settings: Any
) -> None:
    codes = enrol_recovery_codes(owner.user)
    enrol_passkey(admin.user)
    assert sign_in(otp=codes[0]).status_code == 200
    settings.WARDKEY_SECRET_KEYS = parse_keys(f"{K3},{TEST_KEYS}")
    assert not reseal_second_factors()
    before = all_rows()
    assert not reseal_second_factors()
    assert all_rows() == before, "what is under the first key stays as it is"
    settings.WARDKEY_SECRET_KEYS = parse_keys(K3)
    assert not reseal_second_factors()
    assert sign_in(otp=app.code()).status_code == 200
    assert refused(sign_in(otp=codes[0])), "used is used"
    assert sign_in(otp=codes[1]).status_code == 200


def test_without_its_server_key_a_factor_proves_nothing(
    app: App, owner: Membership, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    codes = enrol_recovery_codes(owner.user)
    settings.WARDKEY_SECRET_KEYS = parse_keys(K3)
    before = all_rows()
    for otp in (app.code(), codes[0], None):
        assert refused(sign_in(otp=otp))
    told = [r for r in caplog.records if r.name == "wardkey.second_factors"]
    assert {record.levelno for record in told} == {logging.ERROR}
    assert str(owner.user_id) in told[0].getMessage()
    after = {place: row for place, row in all_rows().items() if place[0] != "accounts.Attempt"}
    assert after == before
    settings.WARDKEY_SECRET_KEYS = parse_keys(TEST_KEYS)
    assert sign_in(otp=app.code()).status_code == 200


def test_a_secret_that_was_tampered_with_is_none(app: App, owner: Membership) -> None:
    row = Authenticator.objects.get()
    sealed = row.data["secret"]
    other = "A" if sealed[30] != "A" else "B"
    for spoilt in (sealed[:30] + other + sealed[31:], "A" * 32, "", "k2:", sealed[3:9]):
        row.data["secret"] = spoilt
        row.save()
        assert refused(sign_in(otp=app.code()))
    assert sum(reseal_second_factors().values()) == 1


def test_what_hangs_on_a_lost_key_is_taken_out_as_the_page_says(
    app: App, owner: Membership, admin: Membership, settings: Any
) -> None:
    enrol_recovery_codes(owner.user)
    settings.WARDKEY_SECRET_KEYS = parse_keys(TEST_KEYS)[::-1]
    enrol_app(admin.user)
    enrol_passkey(admin.user)
    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    [statement] = re.findall(r"^DELETE FROM mfa_authenticator .*;$", page, flags=re.MULTILINE)
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("k1", "k2"))
    assert not reseal_second_factors()
    left = Authenticator.objects.order_by("type").values_list("user_id", "type")
    assert list(left) == [(admin.user_id, "totp"), (admin.user_id, "webauthn")]
    assert sign_in().status_code == 200
