"""Second factors at the console: what an app shows, and what the pages show of it."""

import re
import time
from typing import Any

from django.test import Client

from tests.second_factors.factors import code_at, wrong_code

ASKED = "/console/-/sign-in/second-factor"
LIST = "/console/-/second-factors"
ADD = "/console/-/second-factors/app"
CODES = "/console/-/recovery-codes"
PAGE = "/console/acme/service-accounts"


def code_of(secret: str, later: int = 0) -> str:
    """Return what an app with this secret shows, some steps from now."""
    return code_at(secret, int(time.time()) // 30 + later)


def wrong_for(secret: str) -> str:
    """Return what no app with this secret shows around now."""
    return wrong_code(secret, int(time.time()) // 30)


def add_app(client: Client) -> Any:
    """Add an app through its page, and return the answer and the secret."""
    shown = client.get(ADD).content.decode()
    found = re.search(r"Secret <code>([A-Z2-7 ]+)</code>", shown)
    assert found is not None
    secret = found[1].replace(" ", "")
    return client.post(ADD, {"code": code_of(secret)}), secret


def codes_on(answer: Any) -> list[str]:
    """Return the recovery codes that a page shows; eight digits of an id are none."""
    return re.findall(r"(?<![\w-])\d{8}(?![\w-])", answer.content.decode())
