"""The scope picker of the console: the catalogue, presets, the choice in words, and odd choices."""

import json
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client, override_settings

from accounts.models import Membership, ServiceAccount
from tests.console.pages import browser_of, words_on
from tokens.models import Token

DEPLOY = "/console/acme/service-accounts/deploy"
NEW = f"{DEPLOY}/tokens/-/new"
FORM = {"name": "Night", "slug": "night", "mode": "inherit", "expires": "90", "once": "1"}
PRESETS = [
    {"name": "Release pipeline", "scopes": ["write:releases", "read:components"]},
    {"name": "All of it", "scopes": ["write:*"]},
]


@pytest.fixture
def browser(owner: Membership, deploy: ServiceAccount) -> Client:
    """A browser in which the owner of `acme` has signed in."""
    return browser_of(owner)


def test_the_picker_has_the_catalogue_in_its_groups(browser: Client) -> None:
    groups = browser.get(NEW).context["picker"].groups
    assert [group.name for group in groups] == [
        "Everything",
        "Product",
        "Commerce",
        "Access",
        "Operations",
    ]
    assert sum(len(group.rows) for group in groups) == 19


@override_settings(
    WARDKEY_SCOPES=json.dumps({"modules": [{"module": "invoices", "actions": ["read"]}]})
)
def test_the_picker_has_an_installations_own_catalogue(browser: Client) -> None:
    groups = browser.get(NEW).context["picker"].groups
    assert [[cell and cell.scope for cell in row.cells] for row in groups[1].rows] == [
        ["read:invoices", None, None]
    ]


@override_settings(WARDKEY_SCOPE_PRESETS=json.dumps(PRESETS))
def test_a_preset_answers_with_the_form_filled_in(browser: Client) -> None:
    assert "Release pipeline" in words_on(browser.get(NEW))
    typed = FORM | {"description": "kept", "scopes": ["read:users"], "preset": "0"}
    answer = browser.post(NEW, typed)
    assert answer.status_code == 200
    assert not Token.objects.exists()
    form = answer.context["form"]
    assert form.chosen == ["read:components", "write:releases"]
    assert form["name"].value() == "Night"
    assert form["mode"].value() == "choose"
    assert form["once"].value() == "1"
    assert not form.errors
    assert answer.context["picker"].sentences == ["Read Components", "Read and write Releases"]


@override_settings(WARDKEY_SCOPE_PRESETS=json.dumps(PRESETS))
def test_a_preset_gives_no_more_than_the_person_holds(
    developer: Membership, deploy: ServiceAccount
) -> None:
    form = browser_of(developer).post(NEW, FORM | {"preset": "0"}).context["form"]
    assert form.chosen == ["read:components"]


@pytest.mark.parametrize(("pressed", "left"), [("none", []), ("words", ["read:users"])])
def test_the_form_can_be_cleared_and_told_in_words(
    browser: Client, pressed: str, left: list[str]
) -> None:
    answer = browser.post(NEW, FORM | {"scopes": ["read:users"], "preset": pressed})
    assert (answer.status_code, answer.context["form"].chosen) == (200, left)


@pytest.mark.parametrize(
    ("scopes", "sentences"),
    [
        ([], []),
        (["read:users", "write:users"], ["Read and write Users"]),
        (["read:*", "read:users", "delete:users"], ["Read everything", "Delete Users"]),
        (["write:*", "delete:*", "read:users"], ["Do everything: read, write and delete"]),
    ],
)
def test_what_a_token_can_do_is_told_without_repeating(
    browser: Client, scopes: list[str], sentences: list[str]
) -> None:
    browser.post(NEW, FORM | {"mode": "choose", "scopes": scopes})
    answer = browser.get(f"{DEPLOY}/tokens/night")
    assert answer.context["sentences"] == sentences
    nothing = "Nothing: it only says who it is." in words_on(answer)
    assert nothing == (not sentences)


@pytest.mark.parametrize(
    "presets",
    [
        "{",
        '{"name": "One"}',
        '[{"name": "One"}]',
        '[{"name": " ", "scopes": []}]',
        '[{"name": "One", "scopes": "read:*"}]',
        '[{"name": "One", "scopes": ["read:nothing"]}]',
        '[{"name": "One", "scopes": [["read:*"]]}]',
        '[{"name": "One", "scopes": [], "more": 1}]',
    ],
)
def test_presets_that_cannot_be_used_keep_the_server_from_starting(presets: str) -> None:
    with override_settings(WARDKEY_SCOPE_PRESETS=presets):
        found: list[Any] = [one.id for one in run_checks() if not one.is_silenced()]
    assert found == ["wardkey.E004"]


@pytest.mark.parametrize("scope", ["\0", "x" * 50_000, "read", ":", "own:users", "\u202e"])
def test_what_is_no_scope_is_refused_and_told_of(browser: Client, scope: str) -> None:
    answer = browser.post(NEW, FORM | {"mode": "choose", "scopes": [scope, "read:users"]})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"scopes"}
    assert answer.context["picker"].sentences == ["Read Users"]
    assert len(answer.content) < 60_000
    shown = browser.post(NEW, FORM | {"scopes": [scope], "preset": "words"})
    assert shown.status_code == 200
