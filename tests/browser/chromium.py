"""The system's Chromium: where it is found, and how it is started.

Playwright would download browsers of its own; ours comes with the system's updates, and is the
one that people have.
"""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",  # the suite may run as root, in a container without user namespaces
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str:
    """Return the path of the browser to drive: ``WARDKEY_TEST_CHROMIUM``, else the first found.

    Without one the test is skipped, or fails where ``WARDKEY_TEST_BROWSER`` is ``required``.
    """
    named = os.environ.get("WARDKEY_TEST_CHROMIUM")
    found = next(filter(None, map(shutil.which, [named] if named else NAMES)), None)
    if found is not None:
        return found
    reason = f"No browser: none of {', '.join([named] if named else NAMES)} is installed."
    if os.environ.get("WARDKEY_TEST_BROWSER") == "required":
        pytest.fail(reason)
    pytest.skip(reason)
