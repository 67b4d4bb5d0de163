"""The secret of a token stands in one answer and nowhere else."""

from accounts.models import AuditEvent, ServiceAccount
from tests.clients import RestClient
from tokens.models import Token

TOKENS = "/service-accounts/deploy/tokens"


def test_the_secret_is_shown_exactly_once(rest: RestClient, deploy: ServiceAccount) -> None:
    answer = rest.post(TOKENS, {"name": "ci", "scopes": ["read:releases"]})
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    secret = answer.json()["token"]
    assert secret not in rest.get(TOKENS).content.decode()
    assert secret not in rest.get(f"{TOKENS}/{answer.json()['slug']}").content.decode()
    assert secret not in rest.get("/service-accounts").content.decode()


def test_only_the_digest_is_kept(rest: RestClient, deploy: ServiceAccount) -> None:
    secret = rest.post(TOKENS, {"name": "ci"}).json()["token"]
    assert secret not in repr(Token.objects.values().get())
    assert secret not in repr(list(AuditEvent.objects.values()))
