"""A browser that follows redirects between the product and GitHub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.contrib.messages import get_messages
from django.test import Client

LOGIN = "/accounts/github/login/"
CALLBACK = "/accounts/github/login/callback/"


@dataclass
class Browser:
    """Django's client here, and plain requests there."""

    client: Client

    def begin(self, **form: str) -> str:
        """Press the button: the address at GitHub that it leads to."""
        answer = self.client.post(LOGIN, form)
        assert answer.status_code == 302, answer.content
        return str(answer["Location"])

    def agree(self, address: str) -> str:
        """What GitHub sends the browser back to, as a path of ours."""
        answer = requests.get(address, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["Location"])
        assert (parts.netloc, parts.path) == ("testserver", CALLBACK)
        return f"{parts.path}?{parts.query}"

    def refuse(self, address: str) -> str:
        """Press "Cancel" there."""
        page, _, query = address.partition("?")
        form = {name: values[0] for name, values in parse_qs(query).items()}
        answer = requests.post(page, {**form, "authorize": "0"}, allow_redirects=False, timeout=10)
        parts = urlsplit(answer.headers["Location"])
        return f"{parts.path}?{parts.query}"

    def sign_in(self, **form: str) -> Any:
        """All of it; the answer of our callback."""
        return self.client.get(self.agree(self.begin(**form)))

    def messages(self, answer: Any) -> list[str]:
        """What the next page tells."""
        return [str(message) for message in get_messages(answer.wsgi_request)]
