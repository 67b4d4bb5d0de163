"""Every page of the console, by the name of its address."""

from tests.browser.pages import organization, person, tokens

PAGES = person.PAGES | organization.PAGES | tokens.PAGES
