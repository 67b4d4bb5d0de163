"""A browser as people have it: a profile on disk, a history, tabs that come back.

Playwright starts browsers without the memory for Back, with downloads taken over, and with
nothing to restore. This one is started apart, and only talked to.
"""

import os
import subprocess
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

from tests.browser.chromium import ARGUMENTS
from tests.browser.world import World

START_SECONDS, STOP_SECONDS = 30.0, 20.0


class OwnBrowser:
    """Chromium on a profile in ``folder``; ``page`` is its first tab."""

    page: Page

    def __init__(self, playwright: Playwright, path: str, folder: Path, world: World) -> None:
        self._playwright, self._path, self._world = playwright, path, world
        self.profile = folder / "profile"
        self._process: subprocess.Popen[bytes] | None = None
        self._browser: Browser | None = None

    def start(self, *options: str) -> None:
        """Start it, and wait until it can be talked to."""
        told = self.profile / "DevToolsActivePort"
        told.unlink(missing_ok=True)
        own = [
            "--headless=new",
            "--window-size=1280,900",
            "--remote-debugging-port=0",
            f"--user-data-dir={self.profile}",
        ]
        self._process = subprocess.Popen(
            [self._path, *ARGUMENTS, *own, *options],
            env={**os.environ, "HOME": str(self.profile.parent)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_SECONDS
        while not (told.exists() and "\n" in told.read_text()):
            assert time.monotonic() < end, "the browser does not start"
            time.sleep(0.05)
        port = told.read_text().split()[0]
        self._browser = self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        context = self._browser.contexts[0]
        self.page = context.pages[0] if context.pages else context.wait_for_event("page")

    def sign_in(self, person: str) -> None:
        """Give it a session in which ``person`` has signed in, as long as such a session is."""
        cookie = self._world.session_of(person)
        self.page.context.add_cookies([{**cookie, "expires": time.time() + 12 * 3600}])

    def switch_script_off(self) -> None:
        """Run no script of pages any more."""
        talk = self.page.context.new_cdp_session(self.page)
        talk.send("Emulation.setScriptExecutionDisabled", {"value": True})

    def restore(self) -> None:
        """Start it again, with the tabs that were open when it was closed."""
        self.start("--restore-last-session")

    def close(self) -> None:
        """Close it as a person does: it writes down what it keeps. Nothing if it is closed."""
        if self._browser is None or self._process is None:
            return
        self._browser.new_browser_cdp_session().send("Browser.close")
        self._process.wait(timeout=STOP_SECONDS)
        self._browser = None

    def clear_away(self) -> None:
        """End it whatever its state."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
