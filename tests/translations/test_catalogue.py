"""The committed German is whole, and what is committed of it agrees.

What fails here is mended by ``python -m tests.translations.refresh`` and a translation.
"""

import re
from collections import Counter
from gettext import GNUTranslations

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from tests.translations.refresh import texts
from tests.translations.sources import MO, PO, template

HOLES = re.compile(r"%\(\w+\)s|%%|\{\w*\}|</?\w+>|`\w+`")
"""What a translation has to take over: holes, markup and names of members."""


@pytest.fixture(scope="module")
def german() -> Catalog:
    """What the ``.po`` says."""
    with PO.open("rb") as file:
        return read_po(file, locale="de", abort_invalid=True)


def keys_of(catalogue: Catalog) -> set[tuple[str | None, str]]:
    """Return what a catalogue translates: contexts and (first) texts."""
    return {(message.context, texts(message.id)[0]) for message in catalogue if message.id}


def messages(catalogue: Catalog) -> list[Message]:
    """Return the messages of a catalogue, without its header."""
    return [message for message in catalogue if message.id]


def test_every_text_of_the_console_is_in_it(german: Catalog) -> None:
    assert keys_of(template()) - keys_of(german) == set()


def test_nothing_is_in_it_that_the_console_no_longer_says(german: Catalog) -> None:
    assert keys_of(german) - keys_of(template()) == set()
    assert list(german.obsolete) == []


def test_a_text_with_a_plural_is_translated_as_one(german: Catalog) -> None:
    assert plurals(german) == plurals(template())


def plurals(catalogue: Catalog) -> set[str]:
    """Return the texts that have another form for many."""
    return {texts(message.id)[0] for message in catalogue if message.pluralizable}


def test_every_text_has_its_german(german: Catalog) -> None:
    assert [m.id for m in messages(german) if not all(texts(m.string))] == []
    assert [m.id for m in messages(german) if m.pluralizable and len(texts(m.string)) != 2] == []


def test_nobody_was_left_guessing(german: Catalog) -> None:
    assert [message.id for message in german if message.fuzzy and message.id] == []


def test_what_is_filled_in_is_the_same_in_both(german: Catalog) -> None:
    odd = [
        (source, translation)
        for message in messages(german)
        for source, translation in zip(texts(message.id), texts(message.string), strict=True)
        if Counter(HOLES.findall(source)) != Counter(HOLES.findall(translation))
    ]
    assert odd == []


def test_the_compiled_file_says_the_same(german: Catalog) -> None:
    with MO.open("rb") as file:
        compiled = GNUTranslations(file)
    assert contents(compiled) == {
        (key, at) if message.pluralizable else key: text
        for message in messages(german)
        for key in [_compiled_key(message)]
        for at, text in enumerate(texts(message.string))
    }


def contents(compiled: GNUTranslations) -> dict[str | tuple[str, int], str]:
    """Return what a compiled file has, as ``gettext`` reads it, without its header."""
    catalogue: dict[str | tuple[str, int], str] = vars(compiled)["_catalog"]
    return {key: text for key, text in catalogue.items() if key}


def _compiled_key(message: Message) -> str:
    first = texts(message.id)[0]
    return first if message.context is None else f"{message.context}\x04{first}"
