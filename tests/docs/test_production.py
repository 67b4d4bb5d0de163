"""The production settings that ``docs/operate.md`` shows, tried as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from pytest_django import Settings

from tests.clients import RestClient
from tests.docs.pages import ROOT
from tests.settings import TEST_KEYS

NOBODY = "postgres://wardkey:password@db.invalid:5432/wardkey"


def documented_settings(folder: Path) -> dict[str, str]:
    """Return the settings of the step-by-step guide, with its files in ``folder``."""
    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    found = re.search(r"```sh\n(DATABASE_URL_FILE=.*?)```", page, re.DOTALL)
    assert found
    shown = dict(line.split("=", 1) for line in found[1].splitlines())
    (folder / "database_url").write_text(NOBODY + "\n", encoding="utf-8")
    (folder / "secret_keys").write_text(TEST_KEYS + "\n", encoding="utf-8")
    return {
        name: value.replace("/etc/wardkey", str(folder)).replace("/var/lib/wardkey", str(folder))
        for name, value in shown.items()
    }


def check(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the check of the guide with nothing but ``environment`` set."""
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_documented_settings_pass_the_deployment_check(tmp_path: Path) -> None:
    done = check(documented_settings(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_deployment_check_warns_of_credentials_in_the_clear(tmp_path: Path) -> None:
    shown = documented_settings(tmp_path) | {"WARDKEY_PUBLIC_URL": "http://keys.example.com"}
    done = check(shown)
    assert done.returncode == 1
    assert "wardkey.W001" in done.stderr


def test_production_without_a_server_key_says_how_to_make_one(tmp_path: Path) -> None:
    shown = documented_settings(tmp_path)
    del shown["WARDKEY_SECRET_KEYS_FILE"]
    done = check(shown)
    assert done.returncode != 0
    assert "openssl rand" in done.stderr


def test_answers_under_an_https_address_forbid_plain_http(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    settings.WARDKEY_PUBLIC_URL = "https://keys.example.com"
    assert "max-age=60" in RestClient("").get("/healthz").headers["Strict-Transport-Security"]


def test_no_header_of_a_client_makes_plain_http_secure(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    settings.WARDKEY_PUBLIC_URL = "http://127.0.0.1:8000"
    sent = {"X-Forwarded-Proto": "https", "Wardkey-Scheme": "https"}
    answer = RestClient("").get("/healthz", headers=sent)
    assert "Strict-Transport-Security" not in answer.headers


def test_health_is_told_under_any_host_and_nothing_else_is() -> None:
    elsewhere = {"Host": "10.9.8.7:8000"}
    assert RestClient("").get("/healthz", headers=elsewhere).status_code == 200
    assert RestClient("").get("/api/whoami", headers=elsewhere).status_code == 400
