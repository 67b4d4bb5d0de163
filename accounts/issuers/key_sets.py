"""The public keys of external issuers (JWKS, RFC 7517): fetched, bounded and kept.

Nothing of a JWT decides where keys come from, and JWTs decide only within bounds when: keys
are asked for at most once in ``PAUSE_SECONDS`` by a process, however many unknown ``kid``
arrive. Known keys serve on while the issuer is away.
"""

import contextlib
import http.client
import json
import logging
import queue
import socket
import ssl
import threading
import time
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

from accounts.counters import count
from accounts.issuers.trust import KEY_TYPES, Issuer

FETCH_SECONDS = 3.0
"""How long keys are waited for, from the name's resolution to the last byte."""
PAUSE_SECONDS = 30.0
"""The least time between two fetches, whatever became of the first."""
FRESH_SECONDS = 300.0
"""After this the keys are fetched again: one that the issuer took out must end."""
STALE_SECONDS = 86_400.0
"""After this keys that could not be fetched again are no longer good."""
MOST_BYTES = 256 * 1024
LEAST_RSA_BITS = 2048

_PUBLIC = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_BRIEF_SECONDS = 0.5
_OK = 200

logger = logging.getLogger("wardkey.issuers")


class NoKeys(Exception):
    """The keys of an issuer cannot be had; the text says why, for the log."""


class KeySet:
    """The keys of one issuer, as this process knows them."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._keys: dict[tuple[str, str], PyJWK] = {}
        self._fetching = threading.Lock()
        self._asked_at: float | None = None
        self._had_at = 0.0

    def key(self, kid: str, algorithm: str) -> PyJWK | None:
        """Return the key ``kid`` for an algorithm of the issuer's, None if there is none.

        May take ``FETCH_SECONDS``.
        """
        now = time.monotonic()
        found = self._keys.get((kid, algorithm))
        if found is None or now - self._had_at > FRESH_SECONDS:
            self._refresh(wait=found is None)
            found = self._keys.get((kid, algorithm))
        if time.monotonic() - self._had_at > STALE_SECONDS:
            found = None
        if found is None:
            count("wardkey_issuer_keys_missing", self._issuer.issuer)
        return found

    def _refresh(self, *, wait: bool) -> None:
        """Fetch the keys unless that was tried lately; who must ``wait`` waits for another's try.

        Not long where keys are known: threads are few, and made-up ``kid`` cost nothing.
        """
        seconds = _BRIEF_SECONDS if self._keys else FETCH_SECONDS
        if not self._may_ask() and not self._fetching.locked():
            return
        if not self._fetching.acquire(timeout=seconds if wait else 0):
            return
        try:
            if self._may_ask():
                self._asked_at = time.monotonic()
                self._fetch()
        finally:
            self._fetching.release()

    def _may_ask(self) -> bool:
        return self._asked_at is None or time.monotonic() - self._asked_at >= PAUSE_SECONDS

    def _fetch(self) -> None:
        try:
            keys = read_keys(self._issuer, _obtain(self._issuer))
        except NoKeys as fault:
            logger.warning("no keys of the issuer %s: %s", self._issuer.issuer, fault)
            return
        if not keys:
            # An issuer that has taken its keys out means it: those that were had end too.
            logger.warning("the issuer %s has no key for its algorithms", self._issuer.issuer)
        self._keys, self._had_at = keys, time.monotonic()


@lru_cache(maxsize=256)
def key_set(issuer: Issuer) -> KeySet:
    """Return this process's keys of ``issuer``."""
    return KeySet(issuer)


def read_keys(issuer: Issuer, content: bytes) -> dict[tuple[str, str], PyJWK]:
    """Return the keys in a JWKS that can verify for ``issuer``, by ``kid`` and algorithm.

    Keys for other purposes and of other kinds are passed over; of two that share a ``kid``
    and an algorithm the first counts.

    Raises:
        NoKeys: it is no JWKS.
    """
    try:
        told = json.loads(content)
        listed = told["keys"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise NoKeys("what came is no key set") from None
    keys: dict[tuple[str, str], PyJWK] = {}
    if not isinstance(listed, list):
        raise NoKeys("what came is no key set")
    for one in listed:
        for algorithm in issuer.algorithms:
            if key := _usable(one, algorithm):
                keys.setdefault((one["kid"], algorithm), key)
    return keys


def _usable(told: Any, algorithm: str) -> PyJWK | None:
    """Return the public key that ``told`` is, if it may verify signatures by ``algorithm``."""
    kty, curve = KEY_TYPES[algorithm]
    if not isinstance(told, dict) or not isinstance(told.get("kid"), str) or not told["kid"]:
        return None
    serves = told.get("use", "sig") == "sig" and told.get("alg", algorithm) == algorithm
    operations = told.get("key_ops", ["verify"])
    if not serves or not isinstance(operations, list) or "verify" not in operations:
        return None
    if told.get("kty") != kty or (curve and told.get("crv") != curve):
        return None
    members = {name: told[name] for name in _PUBLIC[kty] if name in told}
    try:
        key = PyJWK({"kty": kty, **members}, algorithm)
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < LEAST_RSA_BITS:
        return None
    return key


def _obtain(issuer: Issuer) -> bytes:
    """Return the bytes of the JWKS, from its file or its address."""
    if issuer.jwks_url is None:
        return _read_file(issuer.jwks_file or "")
    return _Fetch(issuer.jwks_url).result()


def _read_file(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return _bounded(file.read(MOST_BYTES + 1))
    except OSError as fault:
        raise NoKeys(f"the file cannot be read: {fault.strerror}") from None


def _bounded(content: bytes) -> bytes:
    if len(content) > MOST_BYTES:
        raise NoKeys(f"more than {MOST_BYTES} bytes came")
    return content


class _Fetch:
    """One GET of an address, over in ``FETCH_SECONDS`` whatever its server does.

    A socket's timeout is for each read, and none is kept while a name is resolved; so it
    runs in a thread that can be left behind. No redirect is followed and no proxy asked.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._connection = (
            http.client.HTTPSConnection(
                host, port, timeout=FETCH_SECONDS, context=ssl.create_default_context()
            )
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=FETCH_SECONDS)
        )
        self._done: queue.SimpleQueue[bytes | NoKeys] = queue.SimpleQueue()

    def result(self) -> bytes:
        """Return the body.

        Raises:
            NoKeys: it did not come whole, in time, with 200.
        """
        threading.Thread(target=self._run, name="issuer-keys", daemon=True).start()
        try:
            got = self._done.get(timeout=FETCH_SECONDS)
        except queue.Empty:
            self._hang_up()
            raise NoKeys(f"they did not come within {FETCH_SECONDS:g} seconds") from None
        if isinstance(got, NoKeys):
            raise got
        return got

    def _run(self) -> None:
        try:
            self._done.put(self._get())
        except NoKeys as fault:
            self._done.put(fault)
        except Exception as fault:  # noqa: BLE001 - whatever the other side has sent
            self._done.put(NoKeys(f"the address cannot be read: {type(fault).__name__}"))
        finally:
            self._connection.close()

    def _get(self) -> bytes:
        headers = {"Accept": "application/json", "Connection": "close"}
        self._connection.request("GET", self._path, headers=headers)
        with contextlib.closing(self._connection.getresponse()) as answer:
            if answer.status != _OK:
                raise NoKeys(f"the address answers {answer.status}")
            return _bounded(answer.read(MOST_BYTES + 1))

    def _hang_up(self) -> None:
        """Wake the thread that reads: closing alone would leave it waiting."""
        connected = self._connection.sock
        if connected is not None:
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
