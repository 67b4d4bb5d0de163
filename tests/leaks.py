"""Collects every secret that the suite makes, and finds those that are written anywhere.

What is looked through as it is written: each log line as the configured formatter makes it,
each value that goes into the database, each refusal's text, and each answer but the one that
hands a new secret out. A secret is known by its last characters, so most of one is
found as well.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.base import SessionBase
from django.db import connections
from django.db.backends.signals import connection_created
from django.test import Client

from accounts.errors import DomainError
from accounts.jwt import KeyRingBackend
from accounts.services import sign_in
from accounts.services.passwords import Reset
from config.operations.logs import RedactingFormatter
from tokens.secret import TokenSecret

CORE = 12
"""Characters by which a secret is known: 71 bits of chance in a token's."""
SHORTEST_PASSWORD = 12
_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9]{8}(?![0-9A-Za-z])")
"""What may be a recovery code: eight digits alone."""
_RUN = re.compile(rf"[0-9A-Za-z]{{{CORE},}}")
_HANDS_OUT = re.compile(
    r"/(tokens|tokens/[^/]+/secret|auth/token|auth/token/refresh|recovery-codes)$"
)


class Leaks:
    """The secrets that are known, and where they were seen."""

    def __init__(self) -> None:
        self._cores: dict[str, str] = {}
        self._passwords: set[str] = set()
        self._codes: set[str] = set()
        self._fresh: set[str] = set()
        self.found: list[str] = []
        """What was found, without the secret itself."""
        self.looked_through: dict[str, int] = {}

    def know(self, kind: str, text: str, *, fresh: bool = False) -> None:
        """Remember a secret; a fresh one may be handed out in one answer."""
        runs = _RUN.findall(text)
        if runs:  # else chance gave it too many other characters: one in a million
            core = max(runs, key=len)[-CORE:]
            self._cores[core] = kind
            if fresh:
                self._fresh.add(core)

    def know_password(self, text: str | None) -> None:
        """Remember a password."""
        if text and len(text) >= SHORTEST_PASSWORD:
            self._passwords.add(text)

    def know_code(self, text: str) -> None:
        """Remember a recovery code, which may be shown in one answer."""
        if text not in self._codes:
            self._codes.add(text)
            self._fresh.add(text)

    def __len__(self) -> int:
        return len(self._cores) + len(self._passwords) + len(self._codes)

    def look(self, where: str, text: str, *, hands_out: bool = False) -> None:
        """Look through what is written, and note what should not stand there."""
        place = where.partition(":")[0]
        self.looked_through[place] = self.looked_through.get(place, 0) + 1
        for core in self._cores_in(text):
            if hands_out and core in self._fresh:
                self._fresh.discard(core)
                continue
            self.found.append(f"a {self._cores[core]} in {where}")
        if any(password in text for password in self._passwords):
            self.found.append(f"a password in {where}")
        for code in self._codes.intersection(_CODE.findall(text)):
            if hands_out and code in self._fresh:
                self._fresh.discard(code)
                continue
            self.found.append(f"a recovery code in {where}")

    def _cores_in(self, text: str) -> set[str]:
        return {
            run[start : start + CORE]
            for run in _RUN.findall(text)
            for start in range(len(run) - CORE + 1)
            if run[start : start + CORE] in self._cores
        }


leaks = Leaks()


@contextlib.contextmanager
def expected() -> Iterator[list[str]]:
    """Hand out what is found during the block, and have nobody fail for it."""
    before, leaks.found = leaks.found, []
    try:
        yield leaks.found
    finally:
        leaks.found = before


def _watch_statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if params and not sql.lstrip().upper().startswith("SELECT"):
        leaks.look(f"the database: {sql[:60]}", _told(params))
    return execute(sql, params, many, context)


def _told(value: Any) -> str:
    """Return all of a parameter; psycopg's JSON, which shows its start only, as well."""
    if isinstance(value, list | tuple):
        return " ".join(map(_told, value))
    return repr(getattr(value, "obj", value))


def _watch_connection(connection: Any, **_: Any) -> None:
    if _watch_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(_watch_statement)


def _look_through_answer(request: dict[str, Any], answer: Any) -> None:
    content = b"" if answer.streaming else answer.content
    hands_out = answer.status_code in {200, 201} and _HANDS_OUT.search(request["PATH_INFO"])
    where = f"an answer: {request['REQUEST_METHOD']} {answer.status_code}"
    leaks.look(where, content.decode("utf-8", "replace"), hands_out=bool(hands_out))
    leaks.look(f"{where}, its headers", str(dict(answer.headers)))


@contextlib.contextmanager
def watching() -> Iterator[None]:
    """Know every secret that is made during the block, and look wherever one may be written."""
    with contextlib.ExitStack() as undoing:
        connection_created.connect(_watch_connection)
        undoing.callback(connection_created.disconnect, _watch_connection)
        for connection in connections.all(initialized_only=True):
            _watch_connection(connection)
        for owner, name, wrap in _WRAPS:
            original = owner.__dict__[name]
            setattr(owner, name, wrap(original))
            undoing.callback(setattr, owner, name, original)
        yield


def _minting(original: Any) -> Any:
    def mint(cls: type[TokenSecret]) -> TokenSecret:
        made: TokenSecret = original.__func__(cls)
        leaks.know("token's secret", str(made), fresh=True)
        return made

    return classmethod(mint)


def _encoding(original: Any) -> Any:
    def encode(self: KeyRingBackend, payload: dict[str, Any]) -> str:
        made: str = original(self, payload)
        leaks.know("JWT", made.rpartition(".")[2], fresh=True)
        return made

    return encode


def _renewing(original: Any) -> Any:
    def next_text(family: Any) -> str:
        made: str = original(family)
        leaks.know("refresh token", made[len("wdr_") + 32 :], fresh=True)
        return made

    return next_text


def _setting_password(original: Any) -> Any:
    def set_password(self: AbstractBaseUser, raw_password: str | None) -> None:
        leaks.know_password(raw_password)
        original(self, raw_password)

    return set_password


def _enrolling(original: Any) -> Any:
    def activate(cls: type[TOTP], user: Any, secret: str) -> Any:
        leaks.know("TOTP secret", secret)
        return original.__func__(cls, user, secret)

    return classmethod(activate)


def _seeding(original: Any) -> Any:
    def generate_seed(cls: type[RecoveryCodes]) -> str:
        made: str = original.__func__(cls)
        leaks.know("seed of recovery codes", made)
        return made

    return classmethod(generate_seed)


def _opening(original: Any) -> Any:
    def new_key(self: SessionBase) -> str:
        made: str = original(self)
        leaks.know("session key", made)
        return made

    return new_key


def _resetting(original: Any) -> Any:
    def init(self: Reset, user: Any, mark: str) -> None:
        leaks.know("password reset link", mark)
        original(self, user, mark)

    return init


def _generating(original: Any) -> Any:
    def generate_codes(self: RecoveryCodes) -> list[str]:
        made: list[str] = original(self)
        for code in made:
            leaks.know_code(code)
        return made

    return generate_codes


def _formatting(original: Any) -> Any:
    def format_record(self: RedactingFormatter, record: Any) -> str:
        line: str = original(self, record)
        leaks.look(f"a log line: of {record.name}", line)
        return line

    return format_record


def _refusing(original: Any) -> Any:
    def refuse(self: DomainError, *args: Any, **named: Any) -> None:
        original(self, *args, **named)
        # Not ``errors``: they name what was sent, and are redacted where they are written.
        leaks.look(f"an exception: {type(self).__name__}", f"{self.detail} {self.args}")

    return refuse


def _requesting(original: Any) -> Any:
    def request(self: Client, **asked: Any) -> Any:
        answer = original(self, **asked)
        _look_through_answer(asked, answer)
        return answer

    return request


_WRAPS: list[tuple[Any, str, Callable[[Any], Any]]] = [
    (TokenSecret, "mint", _minting),
    (KeyRingBackend, "encode", _encoding),
    (sign_in, "_next_text", _renewing),
    (AbstractBaseUser, "set_password", _setting_password),
    (TOTP, "activate", _enrolling),
    (RecoveryCodes, "generate_seed", _seeding),
    (RecoveryCodes, "generate_codes", _generating),
    (SessionBase, "_get_new_session_key", _opening),
    (Reset, "__init__", _resetting),
    (RedactingFormatter, "format", _formatting),
    (DomainError, "__init__", _refusing),
    (Client, "request", _requesting),
]
