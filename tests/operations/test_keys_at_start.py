"""A server key that is lost or wrong is named at start, and nothing is changed for it."""

import base64
import contextlib
import errno
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.management import call_command

from accounts.keys import ServerKey, parse_keys
from accounts.models import AuditEvent, KeyFingerprint, Membership
from config.management.commands import serve
from tests.clients import RestClient
from tests.second_factors.factors import (
    STEP_SECONDS,
    code_at,
    enrol_app,
    enrol_recovery_codes,
    sign_in,
)
from tests.settings import TEST_KEYS
from tokens.models import Token
from tokens.services.issue import IssuedToken

ROOT = Path(__file__).resolve().parents[2]
NEW, OLD = TEST_KEYS.split(",")
OTHER = base64.b64encode(b"another key that has 32 bytes...").decode()


class Start:
    """How ``serve`` ended: what it said, and whether it got as far as serving."""

    def __init__(self, said: str, *, served: bool) -> None:
        self.said, self.served = said, served


@pytest.fixture
def start(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Start]:
    """Start ``serve`` with these keys, up to the point where it would listen."""

    def with_keys(text: str) -> Start:
        monkeypatch.setattr(settings, "WARDKEY_SECRET_KEYS", parse_keys(text))
        served: list[Any] = []
        monkeypatch.setattr(serve, "serve", lambda *given: served.append(given))
        monkeypatch.setattr(serve, "port_faults", lambda *_: [])
        said = io.StringIO()
        with contextlib.suppress(SystemExit):
            call_command("serve", stderr=said)
        return Start(said.getvalue(), served=bool(served))

    return with_keys


def everything() -> list[Any]:
    """Return the rows that a start could spoil."""
    return [list(model.objects.values()) for model in (KeyFingerprint, Token, AuditEvent)]


def ready() -> tuple[int, str]:
    answer = RestClient("").get("/readyz")
    return answer.status_code, " ".join(answer.json().get("faults", []))


def test_a_start_remembers_its_keys_and_a_second_one_changes_nothing(
    start: Callable[[str], Start],
) -> None:
    assert start(TEST_KEYS).served
    assert set(KeyFingerprint.objects.values_list("key_id", flat=True)) == {"k1", "k2"}
    before = everything()
    assert start(TEST_KEYS).served
    assert everything() == before


def test_a_lost_key_is_named_with_the_number_of_live_tokens(
    start: Callable[[str], Start], ci: IssuedToken
) -> None:
    assert start(TEST_KEYS).served
    before = everything()
    lost = start(OLD)
    assert not lost.served
    assert "'k2' is not loaded, and 1 live token hangs on it" in lost.said
    assert everything() == before
    status, faults = ready()
    assert status == 503
    assert "'k2'" in faults


def test_a_lost_key_that_nothing_hangs_on_is_no_fault(start: Callable[[str], Start]) -> None:
    assert start(TEST_KEYS).served
    assert start(NEW).served


def test_the_lost_key_put_back_is_all_it_takes(
    start: Callable[[str], Start], ci: IssuedToken
) -> None:
    assert not start(OLD).served
    assert start(f"{OLD},{NEW}").served
    assert RestClient(credential=str(ci.secret)).get("/tokens/validate").status_code == 200


def test_a_wrong_key_under_a_known_id_is_named(start: Callable[[str], Start]) -> None:
    assert start(TEST_KEYS).served
    before = everything()
    wrong = start(f"k2:{OTHER},{OLD}")
    assert not wrong.served
    assert "'k2' is not the one that this database was used with" in wrong.said
    assert everything() == before
    assert ready()[0] == 503


def test_no_key_stands_in_what_a_start_says(start: Callable[[str], Start], ci: IssuedToken) -> None:
    assert start(TEST_KEYS).served
    keys = parse_keys(f"{TEST_KEYS},other:{OTHER}")
    for said in (start(OLD).said, start(f"k2:{OTHER},{OLD}").said, ready()[1], repr(keys)):
        assert said
        assert not [form for key in keys for form in forms(key) if form in said]


def forms(key: ServerKey) -> list[str]:
    """Return the ways in which a key could be written."""
    plain = base64.b64encode(key.material).decode()
    return [plain, plain.rstrip("="), key.material.hex(), repr(key.material)[2:-1]]


def manage(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "WARDKEY_DATA_DIR": str(folder), **more}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


@pytest.mark.node
def test_a_database_without_its_key_file_is_refused_and_gets_no_new_one(tmp_path: Path) -> None:
    assert manage(tmp_path, "migrate", "--verbosity", "0").returncode == 0
    (tmp_path / "secret_keys").unlink()
    for command in ("check", "serve", "migrate"):
        done = manage(tmp_path, command)
        assert done.returncode == 1
        [line] = done.stderr.splitlines()
        assert f"{tmp_path}/secret_keys is gone" in line
    assert not (tmp_path / "secret_keys").exists()


@pytest.mark.node
@pytest.mark.parametrize("content", [b"k1:short", b"", b"\xff"], ids=["short", "empty", "no text"])
def test_a_key_file_that_is_broken_is_named_and_stays(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret_keys"
    file.write_bytes(content)
    done = manage(tmp_path, "check")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith(f"Not configured: {file} cannot be used: ")
    assert line.endswith("Restore it from your backup.")
    assert "WARDKEY_SECRET_KEYS" not in line
    assert file.read_bytes() == content


def test_a_data_folder_that_cannot_be_written_is_named_with_who_has_to_own_it(
    start: Callable[[str], Start], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    monkeypatch.setattr(serve, "share_counts", refuse)
    ended = start(TEST_KEYS)
    assert not ended.served
    [line] = ended.said.splitlines()
    assert line.startswith(f"The folder {settings.WARDKEY_DATA_DIR} cannot be written: ")
    assert f"must belong to the user who serves (id {os.geteuid()};" in line


@pytest.mark.node
def test_processes_that_start_at_once_make_one_key_file(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    ask = "from config import settings; print(settings.WARDKEY_SECRET_KEYS[0].fingerprint)"
    environment = {"PATH": os.environ["PATH"], "WARDKEY_DATA_DIR": str(folder)}
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", ask],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    said = {process.communicate(timeout=40)[0] for process in starting}
    assert len(said) == 1
    assert said != {""}
    [file] = folder.iterdir()
    assert file.name == "secret_keys"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.node
def test_production_without_keys_is_refused_and_told_how_to_make_one(tmp_path: Path) -> None:
    more = {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "WARDKEY_PUBLIC_URL": "https://keys.example.com",
    }
    done = manage(tmp_path, "serve", **more)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "WARDKEY_SECRET_KEYS" in line
    assert "openssl rand -base64 32" in line
    assert not list(tmp_path.iterdir())


@pytest.mark.node
@pytest.mark.parametrize(
    "text",
    [
        OTHER,
        f"k1:{OTHER[:20]}",
        f"k1:{OTHER},k1:{OLD[3:]}",
        f"k1:{OTHER},k2:{OTHER}",
        f"{OTHER[:28]}:k1",
        f"k1:{OTHER}!",
        f"k1={OTHER}",
        ",".join(f"k{number}:{OTHER}" for number in range(4)),
    ],
    ids=["no id", "short", "one id twice", "one key twice", "turned", "no base64", "=", "four"],
)
def test_keys_that_cannot_be_used_are_refused_and_never_quoted(tmp_path: Path, text: str) -> None:
    done = manage(tmp_path, "check", WARDKEY_SECRET_KEYS=text)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "WARDKEY_SECRET_KEYS: " in line
    assert OTHER[:12] not in line
    assert OLD[3:15] not in line


def test_a_start_seals_second_factors_under_the_first_key(
    start: Callable[[str], Start], owner: Membership
) -> None:
    secret = enrol_app(owner.user)
    assert start(f"{OLD},{NEW}").served
    assert start(OLD).served, "nothing hangs on the other one any more"
    step = int(time.time()) // STEP_SECONDS
    assert sign_in(otp=code_at(secret, step)).status_code == 200


def test_a_key_that_second_factors_need_is_named_and_they_stay_as_they_are(
    start: Callable[[str], Start], owner: Membership
) -> None:
    enrol_app(owner.user)
    enrol_recovery_codes(owner.user)
    before = list(Authenticator.objects.values())
    found = start(OLD)
    assert not found.served
    assert "server key 'k2' is not loaded, and 2 second factors hang on it" in found.said
    assert list(Authenticator.objects.values()) == before
    assert start(TEST_KEYS).served
