"""What no page may do, whatever it is opened for: each fault is noted, and fails the test."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, Response

_REFUSED_PAGE = "Failed to load resource: the server responded with a status of"


class Watch:
    """Listens to a browser's context: its pages, their consoles and what they load."""

    def __init__(self, context: BrowserContext) -> None:
        self.faults: list[str] = []
        self._own = context
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.faults.append(f"an exception: {error.error}"))
        context.on("dialog", self._on_dialog)
        context.on("request", self._on_request)
        context.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        """Note an error or a warning; a policy that was broken is told as an error."""
        if message.type not in {"error", "warning"}:
            return
        if message.text.startswith(_REFUSED_PAGE) and _is_page(message):
            return  # a page that answers 401, 404, 410 or 422 is an answer as well
        self.faults.append(f"{message.type} at {_address(message.page)}: {message.text}")

    def _on_dialog(self, dialog: Dialog) -> None:
        """Note a dialog: no page opens one, but a script in somebody's name would."""
        self.faults.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        """Note what goes elsewhere."""
        if not request.url.startswith(("http://localhost:", "http://127.0.0.1:", "blob:")):
            self.faults.append(f"it asks elsewhere: {request.url}")

    def _on_response(self, response: Response) -> None:
        """Note what is broken."""
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")


def _is_page(message: ConsoleMessage) -> bool:
    return "/static/" not in message.location.get("url", "")


def _address(page: Page | None) -> str:
    return page.url if page else "a page that is gone"
