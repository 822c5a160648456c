"""The wire to GitHub: PyGithub's requests, without its own retries, waits and redirects.

The only module that imports PyGithub.
"""

from __future__ import annotations

import json
import time
from collections.abc import ItemsView, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from github.Auth import Token
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)

from clusters.forges.addresses import is_loopback
from clusters.forges.base import ForgeError
from clusters.forges.github.answers import Answer

MAX_BYTES = 32 << 20
MAX_HOPS = 3
_REDIRECTS = {301, 302, 307, 308}


class WireError(Exception):
    """No whole answer came; what was asked may or may not have been done. A sentence."""


class Wire:
    """Sends one request and gives back one whole answer. `timeout` is seconds for all of it."""

    def __init__(self, token: str, *, api_url: str, timeout: float) -> None:
        check_base(api_url)
        self._base = api_url.rstrip("/")
        self._requester = _Requester(
            Token(token),
            self._base,
            max(1, round(timeout)),
            "soulcaster",
            per_page=100,
            verify=True,
            retry=0,
            pool_size=1,
            api_version="2022-11-28",
        )

    @property
    def graphql_url(self) -> str:
        """Where GraphQL is: beside the API, or on GitHub Enterprise one level above."""
        return self._requester.graphql_url

    def send(
        self,
        method: str,
        url: str,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, without looking at what the answer means; raises WireError.

        `url` is a path below the API's address, or an address that the API gave.
        """
        try:
            status, told, text = self._requester.requestJson(
                method, url, dict(query or {}), dict(headers or {}), body
            )
        except (requests.RequestException, OSError) as error:
            # The exception's own text may hold the whole request.
            raise WireError(f"the connection failed ({type(error).__name__})") from None
        return Answer(status, told, _document(text))

    def target(self, answer: Answer) -> str:
        """Where an answer sends us on to: '' for no redirect; raises ForgeError for elsewhere."""
        location = answer.headers.get("location", "")
        if answer.status not in _REDIRECTS or not location:
            return ""
        url = urljoin(f"{self._base}/", location)
        here, there = urlsplit(self._base), urlsplit(url)
        same = (here.scheme, here.netloc) == (there.scheme, there.netloc)
        if not same or not there.path.startswith(here.path):
            raise ForgeError("forge_unavailable", "GitHub sent us on to an address outside of it.")
        return url


def check_base(url: str) -> None:
    """Raise ForgeError unless an address may be given a token: https, or this machine itself."""
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
    if not safe or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ForgeError("forge_unavailable", "GitHub's address must begin with https://.")


def _document(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


class _Whole(RequestsResponse):
    """An answer that was read to its end, within bounds."""

    def __init__(self, status: int, headers: Mapping[str, str], text: str) -> None:
        # PyGithub follows a 301 itself, but loses the query on the way; a 308 it leaves to us.
        self.status = 308 if status == 301 else status
        self.headers = headers  # type: ignore[assignment]
        self._text = text

    def getheaders(self) -> ItemsView[str, str]:
        return self.headers.items()

    def read(self) -> str:
        return self._text


class _Http(HTTPRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return _whole(self)


class _Https(HTTPSRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return _whole(self)


class _Requester(Requester):
    """PyGithub's, with our connections."""


_Requester.injectConnectionClasses(_Http, _Https)


def _whole(connection: _Http | _Https) -> _Whole:
    seconds = float(connection.timeout or 20)
    deadline = time.monotonic() + seconds
    response = connection.session.request(
        connection.verb,
        f"{connection.protocol}://{connection.host}:{connection.port}{connection.url}",
        headers=connection.headers,
        data=connection.input,
        timeout=seconds,
        verify=connection.verify,
        allow_redirects=False,
        stream=True,
    )
    with response:
        data = bytearray()
        for chunk in response.iter_content(1 << 16):
            data += chunk
            if len(data) > MAX_BYTES or time.monotonic() > deadline:
                raise requests.Timeout
        return _Whole(response.status_code, response.headers, data.decode(errors="replace"))
