"""Exports of the admin's lists: whole, streamed, safe in a spreadsheet, and without a secret."""

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.errors import NotAllowed
from accounts.models import Membership, ServiceAccount, User
from accounts.services.staff import set_staff_role
from tests.admin.lists import ACCOUNTS, ORGANIZATIONS, TOKENS, make_account, make_token
from tests.database.rows import revoked, token
from tokens.models import Token
from tokens.services.issue import IssuedToken

FORMULAS = ["=HYPERLINK(1)", "+1", "-1", "@x", "\uff1dA1", "\uff0b1", "\uff0d1", "\uff20x"]
LISTS = [
    TOKENS,
    ACCOUNTS,
    ORGANIZATIONS,
    "/admin/accounts/user/",
    "/admin/accounts/membership/",
    "/admin/accounts/invitation/",
    "/admin/accounts/auditevent/",
]


def rows_of(answer: Any) -> list[dict[str, str]]:
    """Return the rows of an export as CSV, each by what its columns are called."""
    assert answer.status_code == 200
    assert answer.streaming
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def lines_of(answer: Any) -> list[dict[str, Any]]:
    """Return the objects of an export as JSON Lines."""
    assert answer["Content-Type"] == "application/jsonl"
    return [json.loads(line) for line in answer.getvalue().decode().splitlines()]


def test_an_export_has_the_rows_of_its_list_and_filters(
    auditor: Client, deploy: ServiceAccount, outsider: Membership
) -> None:
    make_token(deploy, "good", scopes=["read:users", "write:users"])
    make_token(deploy, "gone", **revoked())
    make_token(make_account(outsider, "robot"), "theirs")
    found = rows_of(auditor.get(f"{TOKENS}export.csv"))
    assert {row["slug"] for row in found} == {"good", "gone", "theirs"}
    [row] = rows_of(auditor.get(f"{TOKENS}export.csv", {"organization": "acme", "q": "goo"}))
    assert row["organization__slug"] == "acme"
    assert row["effective_scopes"] == "read:users write:users"
    [line] = lines_of(auditor.get(f"{TOKENS}export.json", {"status": "revoked"}))
    assert line["slug"] == "gone"
    assert line["revoked_by_name"] == "hand"
    assert line["effective_scopes"] == ["read:releases"]


def test_an_export_has_more_than_the_list_shows(
    auditor: Client, deploy: ServiceAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.admin.lists.STEP", 500)
    many = [token(deploy, f"token-{number}") for number in range(2 * 500 + 1)]
    now = timezone.now()
    for each in many:
        each.created_at = now  # as if they were made at once: their ids tell them apart
    Token.objects.bulk_create(many)
    with CaptureQueriesContext(connection) as sent:
        answer = auditor.get(f"{TOKENS}export.csv")
        asked_before = len(sent)
        found = [row["slug"] for row in rows_of(answer)]
    assert sorted(found) == sorted(each.slug for each in many)
    reads = [q["sql"] for q in sent.captured_queries[asked_before:] if "tokens_token" in q["sql"]]
    assert len(reads) == 2 * 3, "three steps, each to its end"


@pytest.mark.parametrize("address", LISTS)
def test_every_exported_list_comes_whole(
    auditor: Client,
    ci: IssuedToken,
    address: str,
    admin: Membership,
    outsider: Membership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = auditor.get(f"{address}export.csv").getvalue()
    monkeypatch.setattr("accounts.admin.lists.STEP", 1)
    assert auditor.get(f"{address}export.csv").getvalue() == whole
    as_lines = auditor.get(f"{address}export.json")
    assert len(lines_of(as_lines)) == len(list(csv.reader(io.StringIO(whole.decode())))) - 1


@pytest.mark.parametrize("name", FORMULAS, ids=ascii)
def test_no_cell_is_a_formula(auditor: Client, deploy: ServiceAccount, name: str) -> None:
    make_token(deploy, "odd", name=name, created_by_name=name)
    [row] = rows_of(auditor.get(f"{TOKENS}export.csv"))
    assert row["name"] == row["created_by_name"] == f"'{name}"
    [line] = lines_of(auditor.get(f"{TOKENS}export.json"))
    assert line["name"] == name, "JSON is no spreadsheet"


@pytest.mark.parametrize("name", ["\tx", "\rx", "\n=1", " =1"], ids=ascii)
def test_no_cell_is_a_formula_after_white_space(
    auditor: Client, deploy: ServiceAccount, name: str
) -> None:
    make_token(deploy, "odd", name=name)
    [row] = rows_of(auditor.get(f"{TOKENS}export.csv"))
    assert row["name"].lstrip().startswith("'")


@pytest.mark.parametrize("separator", [";", ",", "\t"], ids=ascii)
def test_no_cell_of_another_languages_separator_is_a_formula(
    auditor: Client, deploy: ServiceAccount, separator: str
) -> None:
    make_token(deploy, "odd", name=f'x{separator} "=HYPERLINK(1)')
    [row] = rows_of(auditor.get(f"{TOKENS}export.csv"))
    assert row["name"] == f"x{separator} \"'=HYPERLINK(1)"


def test_an_export_is_told_in_the_log(
    auditor: Client, ci: IssuedToken, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="wardkey.staff"):
        auditor.get(f"{TOKENS}export.csv?organization=acme")
    [line] = [record for record in caplog.records if record.name == "wardkey.staff"]
    assert (line.__dict__["list"], line.__dict__["query"]) == ("Tokens", "organization=acme")


def test_commas_quotes_and_lines_stay_within_their_cell(
    auditor: Client, deploy: ServiceAccount
) -> None:
    name = 'a, "b"\nc'
    make_token(deploy, "odd", name=name)
    [row] = rows_of(auditor.get(f"{TOKENS}export.csv"))
    assert row["name"] == name


@pytest.mark.parametrize("form", ["csv", "json"])
@pytest.mark.parametrize("address", LISTS)
def test_no_export_has_a_secret_or_a_digest(
    auditor: Client, ci: IssuedToken, admin: Membership, address: str, form: str
) -> None:
    text = auditor.get(f"{address}export.{form}").getvalue().decode()
    digest = bytes(ci.token.digest)
    for hidden in (str(ci.secret), digest.hex(), repr(digest), admin.user.password):
        assert hidden not in text
    assert "digest" not in text
    assert "key_id" not in text


@pytest.mark.parametrize("end", ["export.xml", "export.", "export.csv/x"])
def test_there_is_no_other_form(auditor: Client, end: str) -> None:
    assert auditor.get(f"{TOKENS}{end}").status_code == 404


def test_an_export_is_a_file_of_its_own_name(auditor: Client, ci: IssuedToken) -> None:
    answer = auditor.get(f"{TOKENS}export.json")
    assert answer["Content-Disposition"] == 'attachment; filename="tokens.jsonl"'
    assert "no-store" in answer["Cache-Control"]


def test_who_leaves_the_staff_meanwhile_gets_no_more(
    auditor: Client, deploy: ServiceAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.admin.lists.STEP", 2)
    for number in range(4):
        make_token(deploy, f"token-{number}")
    parts: Any = auditor.get(f"{TOKENS}export.csv")
    stream = iter(parts)
    seen = [next(stream), next(stream)]
    set_staff_role(User.objects.get(email="auditor@staff.test"), None)
    with pytest.raises(NotAllowed):
        seen += list(stream)
    assert len(seen) < 1 + 4
