"""The embedded default's key file: made once, for its owner's eyes alone, and kept."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from accounts.keys import make_key_file, parse_keys

ROOT = Path(__file__).resolve().parents[2]


def start(data_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings as a process of its own does, with nothing but this environment."""
    code = "from config import settings; print(settings.WARDKEY_SECRET_KEYS[0].id)"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "WARDKEY_DATA_DIR": str(data_dir), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret_keys"
    before = os.umask(0)
    try:
        make_key_file(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_keys"]
    [key] = parse_keys(path.read_text())
    assert len(key.material) == 32


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "secret_keys"
    for content in ("", "kept as it is"):
        path.write_text(content)
        make_key_file(path)
        assert path.read_text() == content
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret_keys"]


def test_many_who_start_at_once_make_one_key(tmp_path: Path) -> None:
    path = tmp_path / "secret_keys"

    def made(_: int) -> str:
        make_key_file(path)
        return path.read_text()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(made, range(32)))) == 1


def test_two_files_hold_two_keys(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_key_file(tmp_path / name)
    one, two = (parse_keys((tmp_path / name).read_text())[0] for name in ("one", "two"))
    assert one.material != two.material
    assert one.id != two.id


@pytest.mark.node
def test_the_embedded_default_keeps_the_key_of_its_first_start(tmp_path: Path) -> None:
    first, second = start(tmp_path), start(tmp_path)
    assert first.returncode == second.returncode == 0
    assert first.stdout == second.stdout


@pytest.mark.node
def test_a_key_file_that_is_gone_is_not_made_anew_beside_its_database(tmp_path: Path) -> None:
    start(tmp_path)
    (tmp_path / "secret_keys").unlink()
    (tmp_path / "wardkey.sqlite3").touch()
    refused = start(tmp_path)
    assert refused.returncode != 0
    assert "secret_keys is gone" in refused.stderr
    assert not (tmp_path / "secret_keys").exists()


@pytest.mark.node
def test_without_a_key_a_real_database_is_not_started_with(tmp_path: Path) -> None:
    url = {"DATABASE_URL": "postgres://h/n", "WARDKEY_PUBLIC_URL": "https://keys.example.com"}
    refused = start(tmp_path, **url)
    assert refused.returncode != 0
    assert "WARDKEY_SECRET_KEYS" in refused.stderr
    assert "openssl rand -base64 32" in refused.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.node
def test_a_key_that_cannot_be_used_is_not_quoted(tmp_path: Path) -> None:
    refused = start(tmp_path, WARDKEY_SECRET_KEYS="k1:c2hvcnQtYW5kLXNlY3JldA==")
    assert refused.returncode != 0
    assert "key 1 has 16 bytes" in refused.stderr
    assert "c2hvcnQ" not in refused.stderr
