"""The product as a caller of its REST API sees it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

Facts = dict[str, Any]


class ProductError(Exception):
    """The product refused or did not answer; the text is its own sentence."""


class Product(Protocol):
    """What the demo needs of the product."""

    def add_report(self, project: int, title: str, body: str) -> Facts:
        """Give one report."""
        ...

    def import_file(self, project: int, name: str, data: bytes, kind: str) -> Facts:
        """Import a file of reports: created, duplicates, refused_count."""
        ...

    def clusters(self, project: int) -> list[Facts]:
        """The clusters of a project."""
        ...

    def make_plan(self, cluster: int) -> Facts:
        """A fresh plan."""
        ...

    def approve_plan(self, cluster: int, version: int) -> Facts:
        """Approve this version."""
        ...

    def start_fix(self, cluster: int) -> Facts:
        """Start the job that carries the plan out."""
        ...

    def job(self, job: int) -> Facts:
        """Where the job is: status, outcome, steps, pull request."""
        ...


class HttpProduct:
    """The local REST API with a personal token.

    `local` is where the web process listens; `public` is the address people use, which the
    product checks in the Host header.
    """

    def __init__(self, local: str, public: str, token: str) -> None:
        self._local = urlsplit(local)
        self._public = urlsplit(public)
        self._token = token

    def add_report(self, project: int, title: str, body: str) -> Facts:
        """Give one report."""
        return self._post(f"/api/projects/{project}/feedback", {"title": title, "body": body})

    def import_file(self, project: int, name: str, data: bytes, kind: str) -> Facts:
        """Import a file of reports."""
        boundary = secrets.token_hex(16)
        body = _multipart(boundary, {"kind": kind}, name, data)
        content = f"multipart/form-data; boundary={boundary}"
        return self._call("POST", f"/api/projects/{project}/import", body, content)

    def clusters(self, project: int) -> list[Facts]:
        """All clusters of a project, page by page."""
        found: list[Facts] = []
        page = 1
        while True:
            query = urlencode({"project_id": project, "page": page, "page_size": 200})
            answer = self._call("GET", f"/api/clusters?{query}")
            found += answer["results"]
            if not answer["next"]:
                return found
            page += 1

    def make_plan(self, cluster: int) -> Facts:
        """A fresh plan."""
        return self._post(f"/api/clusters/{cluster}/plan", {})

    def approve_plan(self, cluster: int, version: int) -> Facts:
        """Approve this version."""
        return self._post(f"/api/clusters/{cluster}/plan/approve", {"version": version})

    def start_fix(self, cluster: int) -> Facts:
        """Start the job that carries the plan out."""
        answer: Facts = self._post(f"/api/clusters/{cluster}/start_fix", {})["job"]
        return answer

    def job(self, job: int) -> Facts:
        """Where the job is."""
        return self._call("GET", f"/api/jobs/{job}")

    def _post(self, path: str, content: Mapping[str, Any]) -> Facts:
        return self._call("POST", path, json.dumps(content).encode(), "application/json")

    def _call(self, method: str, path: str, body: bytes | None = None, content: str = "") -> Facts:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Host": self._public.netloc,
            "X-Forwarded-Proto": self._public.scheme,
        }
        if content:
            headers["Content-Type"] = content
        connection = HTTPConnection(self._local.hostname or "", self._local.port, timeout=120)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, HTTPException) as error:
            raise ProductError(f"The product did not answer to {method} {path}: {error}") from error
        finally:
            connection.close()
        return _understood(method, path, answer.status, text)


def _understood(method: str, path: str, status: int, text: bytes) -> Facts:
    try:
        content = json.loads(text)
    except ValueError:
        raise ProductError(f"{method} {path} answered {status}, and not in JSON.") from None
    if status >= 400:
        detail = content.get("detail") if isinstance(content, dict) else None
        raise ProductError(str(detail or f"{method} {path} answered {status}."))
    facts: Facts = content
    return facts


def _multipart(boundary: str, fields: Mapping[str, str], name: str, data: bytes) -> bytes:
    """A form with one file, as browsers send it."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
        if value
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
        f"filename*=UTF-8''{quote(name)}\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
    return b"".join([*parts, head.encode(), data, f"\r\n--{boundary}--\r\n".encode()])
