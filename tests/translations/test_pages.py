"""In German the console has no English left: on no page, in no state that an address reaches."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import StringIO
from typing import Any

import pytest
from babel.messages.pofile import read_po
from django.conf import settings as installation
from django.core.management import call_command
from django.test import Client

from tests.browser import seed
from tests.browser.pages import organization, person, tokens
from tests.browser.pages.state import State
from tests.console.provider import Provider
from tests.translations.refresh import texts
from tests.translations.sources import PO

PAGES = person.PAGES | organization.PAGES | tokens.PAGES
"""The console's, which ``tests/browser`` holds to the URL configuration."""

TOLD = ("aria-label", "alt", "placeholder", "title")
"""Attributes that are read to people, beside what the script says (``data-…``)."""

OF_THE_SCRIPT = {
    f"data-{name}"
    for name in ("all", "copy", "download", "filter", "options", "passkey", "preset", "slug-from")
}
"""Attributes that tell the script what to do, and nobody anything."""

OF_MACHINES = {"code", "pre", "script", "option"}
"""Elements that hold what is the same in every language; options are time zones."""

VOID = {"br", "img", "input", "link", "meta"}

REDIRECTS = {302, 303}

ALIKE = {
    "Wardkey",
    "UTC",
    "English",
    "Deutsch",
}
"""What needs no translation, beside what stands in the database."""


class Page(HTMLParser):
    """The texts of a page, those of its attributes too."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self._within: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element says in its attributes."""
        if tag not in VOID:
            self._within.append(tag)
        for name, value in attrs:
            if name in TOLD or (name.startswith("data-") and name not in OF_THE_SCRIPT):
                self._note(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note nothing: these are parts of drawings."""

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if tag in self._within:
            while self._within.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if not OF_MACHINES & set(self._within):
            self._note(data)

    def _note(self, text: str) -> None:
        words = " ".join(text.split()).strip(" ·,:()")
        if sum(char.isalpha() for char in words) > 1:
            self.texts.add(words)


def spoken(page: str) -> set[str]:
    """Return the texts of a page that are words."""
    return Page(page).texts


@pytest.fixture
def world(db: None, settings: Any, capsys: pytest.CaptureFixture[str]) -> Iterator[dict[str, Any]]:
    """What the browser's tests look at, and the sessions of its people."""
    provider = Provider(settings.WARDKEY_PUBLIC_URL)
    settings.WARDKEY_ISSUERS = provider.configured()
    seed.main()
    yield json.loads(capsys.readouterr().out)
    provider.stop()


def test_no_page_says_the_same_in_both_languages(world: dict[str, Any]) -> None:
    assert untranslated(world) == []


def test_no_answer_to_an_empty_form_says_the_same_in_both_languages(world: dict[str, Any]) -> None:
    assert untranslated(world, form={}) == []


def test_the_page_of_a_secret_says_nothing_the_same_in_both_languages(
    world: dict[str, Any],
) -> None:
    page = State("of a new token", f"{tokens.DEPLOY}/tokens/-/new")
    pages = [
        answer(world, page, language, {"name": f"In {language}", "mode": "inherit"})
        for language in ("en", "de")
    ]
    assert b".env" in pages[1].content
    english, german = (spoken(each.content.decode()) for each in pages)
    known = ALIKE | same_in_both() | values()
    assert sorted(one for one in english & german if not is_made_of(known, one)) == []


def untranslated(
    world: dict[str, Any], form: dict[str, str] | None = None
) -> list[tuple[str, str, str]]:
    """Return what no page should say: the page, its state, and the text.

    Args:
        form: what is sent to each page; None to look at it.
    """
    alike = {
        (page, state.name, text)
        for page, states in PAGES.items()
        for state in states
        for text in in_both(world, state, form)
    }
    known = ALIKE | same_in_both() | values()
    return sorted(one for one in alike if not is_made_of(known, one[2]))


def is_made_of(known: set[str], text: str) -> bool:
    """Say whether a text is one of ``known``, or a row of such."""
    return text in known or all(part.rstrip("…") in known for part in re.split(" · |, ", text))


def in_both(world: dict[str, Any], state: State, form: dict[str, str] | None) -> set[str]:
    """Return what a state of a page says in English and in German alike."""
    english, german = (answer(world, state, language, form) for language in ("en", "de"))
    if german.status_code in {*REDIRECTS, 405}:
        return set()
    assert german.headers["Content-Language"] == "de"
    assert 'lang="de"' in german.content.decode()
    return spoken(english.content.decode()) & spoken(german.content.decode())


def answer(world: dict[str, Any], state: State, language: str, form: dict[str, str] | None) -> Any:
    """Return the answer at the address of a state, to its person; within the console it follows."""
    browser = Client(headers={"accept-language": language})
    if state.person is not None:
        browser.cookies[installation.SESSION_COOKIE_NAME] = world["sessions"][state.person]
    address = state.address.format(**world["places"])
    found = browser.get(address) if form is None else browser.post(address, form)
    while found.status_code in REDIRECTS and found["Location"].startswith("/"):
        found = browser.get(found["Location"])
    return found


def same_in_both() -> set[str]:
    """Return the texts whose German is their English: names of things, mostly."""
    with PO.open("rb") as file:
        return {text for m in read_po(file) for text in texts(m.string) if text in texts(m.id)}


def values() -> set[str]:
    """Return every text that stands in the database."""
    dumped = StringIO()
    call_command("dumpdata", stdout=dumped)
    return {" ".join(text.split()) for text in _texts_in(json.loads(dumped.getvalue()))}


def _texts_in(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _texts_in(each)
        case dict():
            yield from _texts_in(list(value.values()))
