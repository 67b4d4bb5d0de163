"""What a page does on a screen: whether it moves sideways, and what it weighs."""

from playwright.sync_api import Page

NARROWEST = 320
WIDTHS = (1280, 375, NARROWEST)
"""In CSS pixels; the narrowest is a screen of 1280 at 400 %."""


def sideways(page: Page) -> list[str]:
    """Return the elements that reach out of the screen, where the page moves sideways."""
    return page.evaluate(  # type: ignore[no-any-return] # a list of texts
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          return [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > width)
            .map((one) => one.outerHTML.slice(0, 120));
        }"""
    )


def weight(page: Page) -> int:
    """Return the bytes that came over the wire for the page, with its style, script and icon."""
    return page.evaluate(  # type: ignore[no-any-return] # a number
        """() => [...performance.getEntriesByType("navigation"),
            ...performance.getEntriesByType("resource")]
          .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
    )
