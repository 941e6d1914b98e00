"""Nothing goes wrong unseen: console, scripts, requests and other hosts are watched."""

from __future__ import annotations

from contextlib import suppress

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Error,
    Request,
    Response,
    WebError,
)


class Watch:
    """Collects the faults of all pages of some contexts.

    A violation of the content security policy is a console error, and so is an answer of 4xx.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.contexts: list[BrowserContext] = []
        self.found: list[str] = []
        self.requests: list[str] = []

    def over(self, context: BrowserContext) -> None:
        """Watch a context, and close it in the end."""
        self.contexts.append(context)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def faults(self) -> list[str]:
        """All that went wrong until now."""
        for page in (p for context in self.contexts for p in context.pages):
            with suppress(
                Error
            ):  # events arrive in order: after an answer there are none before it
                page.title()
        return self.found

    def close(self) -> None:
        """Close the contexts; what is then cut off is nobody's fault."""
        for context in self.contexts:
            context.close()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            self.found.append(f"console {message.type}: {message.text}")

    def _error(self, error: WebError) -> None:
        self.found.append(f"uncaught: {error.error}")

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((f"{self.address}/", "data:", "blob:")):
            self.found.append(f"asked elsewhere: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # given up by the page itself, on purpose
            self.found.append(f"failed: {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.found.append(f"{response.status}: {response.url}")
