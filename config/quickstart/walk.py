"""The main job, done once over real HTTP: create, use, list, revoke, see it refused."""

import contextlib
import http.client
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.management.refusals import Refused

HOST = "127.0.0.1"
SECONDS = 15
SCOPE = "read:releases"

_NO_ANSWER = (OSError, http.client.HTTPException, ValueError)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the server; ``body`` is the JSON document, or empty."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it is shown: what was asked, and the answer in a few words."""

    method: str
    path: str
    status: int
    words: str


class Walk:
    """Does the main job against the server on ``port`` as the owner of ``jwt``.

    ``show`` is called with each step as soon as it is answered.
    """

    def __init__(self, port: int, jwt: str, show: Callable[[Step], None]) -> None:
        self._port, self._jwt, self._show = port, jwt, show
        self._account = f"quickstart-{secrets.token_hex(3)}"

    def run(self) -> None:
        """Do it, and delete the account that was made for it, whatever happens.

        Raises:
            Refused: a step was not answered as it should be; the message names it.
        """
        accounts, tokens = "/api/service-accounts", f"/api/service-accounts/{self._account}/tokens"
        self._step(
            "create a service account",
            ("POST", accounts, 201),
            body={"name": "Quickstart", "slug": self._account, "scopes": [SCOPE]},
            tell=lambda answer: f"service account {answer.body['slug']}",
        )
        try:
            self._with_a_token(tokens)
        finally:
            # If the server does not answer, the step that failed for it is what has to be told.
            with contextlib.suppress(*_NO_ANSWER):
                self._ask("DELETE", f"{accounts}/{self._account}", self._jwt)

    def _with_a_token(self, tokens: str) -> None:
        created = self._step(
            "create a token",
            ("POST", tokens, 201),
            body={"name": "first", "slug": "first"},
            tell=lambda answer: f"secret {answer.body['token'][:8]}… (this answer alone has it)",
        )
        secret = created.body["token"]
        self._step(
            "verify it, as a gateway does",
            ("GET", f"/api/tokens/validate?scope={SCOPE}", 200),
            credential=secret,
            tell=lambda answer: f"good, for {answer.headers['x-wardkey-scopes']}",
        )
        self._step(
            "use it",
            ("GET", "/api/whoami", 200),
            credential=secret,
            tell=lambda answer: f"you are {answer.body['principal']['name']}",
        )
        self._step(
            "list the tokens",
            ("GET", tokens, 200),
            tell=lambda answer: _listed(answer, secret),
        )
        self._step("revoke it", ("DELETE", f"{tokens}/first", 204), tell=lambda _: "revoked")
        self._step(
            "see it refused",
            ("GET", "/api/tokens/validate", 401),
            credential=secret,
            tell=lambda answer: f"refused: {answer.body['code']}",
        )

    def _step(
        self,
        name: str,
        expected: tuple[str, str, int],
        *,
        tell: Callable[[Answer], str],
        credential: str | None = None,
        body: dict[str, Any] | None = None,
    ) -> Answer:
        """Ask, compare the status, show the step."""
        method, path, status = expected
        try:
            answer = self._ask(method, path, credential or self._jwt, body)
        except _NO_ANSWER as fault:
            raise _failed(name, f"no answer to {method} {path} ({fault})") from None
        if answer.status != status:
            detail = answer.body.get("detail", "no detail")
            said = f"{method} {path} answered {answer.status} instead of {status}: {detail}"
            raise _failed(name, said)
        try:
            words = tell(answer)
        except (KeyError, IndexError, TypeError):
            raise _failed(name, f"{method} {path} answered without what it should hold") from None
        self._show(Step(method, path, status, words))
        return answer

    def _ask(
        self, method: str, path: str, credential: str, body: dict[str, Any] | None = None
    ) -> Answer:
        # Not urllib: it would go through a proxy that the environment names.
        connection = http.client.HTTPConnection(HOST, self._port, timeout=SECONDS)
        headers = {"Authorization": f"Bearer {credential}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        told = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, told, json.loads(text) if text else {})


def _failed(name: str, said: str) -> Refused:
    return Refused(f'The main job failed at the step "{name}": {said}')


def _listed(answer: Answer, secret: str) -> str:
    """Return what the list has, having looked that the secret is not in it."""
    if secret in json.dumps(answer.body):
        raise _failed("list the tokens", "the list shows the secret")
    [token] = answer.body["items"]
    return f"{token['name']}, {token['status']}, {token['prefix']}… and never the secret"
