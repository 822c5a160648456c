"""What a browser complains about: script errors, broken answers, violations of the CSP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, ConsoleMessage, Response, WebError


class Complaints:
    """Everything that went wrong in the pages of some contexts."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def listen(self, context: BrowserContext) -> BrowserContext:
        """Hear of every page that this context opens."""
        context.on("console", self._said)
        context.on("weberror", self._threw)
        context.on("response", self._answered)
        return context

    @contextmanager
    def expected(self, pattern: str) -> Iterator[None]:
        """Complaints that match, while the test itself breaks something, are fine."""
        before = len(self.texts)
        yield
        new = [text for text in self.texts[before:] if not re.search(pattern, text)]
        self.texts[before:] = new

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.texts.append(f"{message.page.url if message.page else ''}: {message.text}")

    def _threw(self, error: WebError) -> None:
        self.texts.append(f"{error.page.url if error.page else ''}: {error.error}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.texts.append(f"{response.url} answered {response.status}")
