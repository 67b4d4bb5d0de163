"""Reading what ``/metrics`` tells."""

from django.test import Client

TOKEN = "metrics-token-of-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def value(text: str, sample: str) -> float:
    """Return what ``text`` says of ``sample``, 0 if it says nothing."""
    found = [line for line in text.splitlines() if line.startswith(f"{sample} ")]
    return float(found[0].rpartition(" ")[2]) if found else 0.0


def counts() -> str:
    """Return what is told now."""
    answer = Client().get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.content.decode()
