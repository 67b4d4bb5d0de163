"""The installation that the browser looks at: its address, its people, where they sign in."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright._impl._api_structures import SetCookieParam

from tests.console.provider import Provider
from tests.servers import Installation, installation

HOST = "localhost"
"""The one name for which browsers allow passkeys and the clipboard without https."""


@dataclass(frozen=True, slots=True)
class World:
    """A served installation, and what ``tests/browser/seed.py`` made in it."""

    installation: Installation
    url: str
    provider: Provider
    facts: dict[str, Any]

    def session_of(self, person: str) -> SetCookieParam:
        """Return the cookie of a session in which ``person`` has signed in already."""
        cookie = {"name": self.facts["cookie"], "value": self.facts["sessions"][person]}
        return {**cookie, "url": self.url, "httpOnly": True, "sameSite": "Lax"}  # type: ignore[typeddict-item]

    def address(self, template: str) -> str:
        """Return an address with the places that the seed told in it: ``{dora}``, ``{mark}``."""
        return template.format(**self.facts["places"])


@contextmanager
def served_world(folder: Path) -> Iterator[World]:
    """Fill an installation in ``folder``, serve it beside a provider, and clear both away."""
    with installation(folder) as made, ExitStack() as running:
        url = f"http://{HOST}:{made.port}"
        provider = Provider(url)
        running.callback(provider.stop)
        made.settings |= {
            "WARDKEY_PUBLIC_URL": url,
            "WARDKEY_ISSUERS": provider.configured(),
            "WARDKEY_STAFF_MFA": "off",  # the staff of this world have a password alone
        }
        made.do("manage.py", "migrate", "--verbosity", "0")
        facts = json.loads(made.do("-m", "tests.process", "tests.browser.seed"))
        made.start()
        yield World(made, url, provider, facts)
        made.stop()
