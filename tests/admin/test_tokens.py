"""Tokens in the admin: found, shown, and told of."""

from django.test import Client

from tests.console.pages import words_on
from tokens.services.issue import IssuedToken

TOKENS = "/admin/tokens/token/"


def test_the_list_shows_every_organizations_tokens(auditor: Client, ci: IssuedToken) -> None:
    answer = auditor.get(TOKENS)
    assert answer.status_code == 200
    assert "ci" in words_on(answer)


def test_a_tokens_page_tells_whose_it_is(auditor: Client, ci: IssuedToken) -> None:
    answer = auditor.get(f"{TOKENS}{ci.token.pk}")
    assert answer.status_code == 200
    assert "acme" in words_on(answer)


def test_a_tokens_history_is_the_audit_log(auditor: Client, ci: IssuedToken) -> None:
    answer = auditor.get(f"{TOKENS}{ci.token.pk}/history")
    assert "created the token ci" in words_on(answer)


def test_an_export_has_the_list(auditor: Client, ci: IssuedToken) -> None:
    answer = auditor.get(f"{TOKENS}export.csv")
    assert "acme,deploy,ci,ci" in answer.getvalue().decode()
