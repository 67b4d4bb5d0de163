"""What the tests of single acts have in common: addresses, a reason, and what the log then says."""

from typing import Any

from django.test import Client

from accounts.models import AuditEvent
from tests.clients import RestClient

REASON = "Ticket 4711: found in a public repository"


def do(browser: Client, address: str, **typed: str) -> Any:
    """Confirm an act with a reason; it must be done, and lead on to a page."""
    answer = browser.post(address, {"reason": REASON, **typed})
    assert answer.status_code == 303, answer.content.decode()
    return browser.get(answer.headers["Location"])


def told(action: str) -> AuditEvent:
    """Return the one line of this action, which must tell of a person of the staff, and why."""
    event = AuditEvent.objects.get(action=action, actor_type="staff")
    assert event.changes["reason"] == {"before": None, "after": REASON}
    assert event.request_id
    return event


def whoami(credential: object) -> int:
    """Return the status with which the API answers a credential."""
    return int(RestClient("/api", str(credential)).get("/whoami").status_code)


def validated(secret: object) -> int:
    """Return the status with which a gateway is answered about a token."""
    headers = {"Authorization": f"Bearer {secret}"}
    return Client().get("/api/tokens/validate", headers=headers).status_code
