"""Somebody with a browser that has no window: cookies, forms and links."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin

import requests

_LINK = re.compile(r"""(?:href|hx-get|src)="([^"]+)\"""")
MOST_PAGES = 400


class Person:
    """Who looks at the product at `address`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._session = requests.Session()
        self._session.trust_env = False

    @property
    def cookie(self) -> str:
        """The header that a browser of theirs would send."""
        return "; ".join(f"{name}={value}" for name, value in self._session.cookies.items())

    def get(self, path: str) -> requests.Response:
        """A page; it must be there."""
        answer = self._session.get(urljoin(self.address, path), timeout=60)
        assert answer.ok, f"{answer.url} answered {answer.status_code}"
        return answer

    def post(self, path: str, **form: str) -> requests.Response:
        """Send a form, and follow to the page that comes next."""
        if "csrftoken" not in self._session.cookies:
            self.get("/accounts/login/")
        answer = self._session.post(
            urljoin(self.address, path),
            {**form, "csrfmiddlewaretoken": self._session.cookies["csrftoken"]},
            headers={"Referer": self.address},
            timeout=60,
        )
        assert answer.ok, f"{answer.url} answered {answer.status_code}"
        return answer

    def walk(self, start: str, *, avoid: str) -> Iterator[tuple[str, bytes]]:
        """The start and every page and file that links lead to, headers included.

        `avoid` is a pattern of addresses that are not followed.
        """
        seen, waiting = {urljoin(self.address, start)}, [urljoin(self.address, start)]
        while waiting:
            page = waiting.pop(0)
            answer = self._session.get(page, timeout=60)
            assert answer.status_code < 500, page
            yield page, repr(answer.headers).encode() + answer.content
            if "html" not in answer.headers.get("content-type", ""):
                continue
            for link in _LINK.findall(answer.text):
                found = urldefrag(urljoin(answer.url, html.unescape(link)))[0]
                inside = found.startswith(self.address) and not re.search(avoid, found)
                if inside and found not in seen:
                    seen.add(found)
                    waiting.append(found)
        assert len(seen) < MOST_PAGES, "a wider walk than anybody takes"
