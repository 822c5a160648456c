"""A source whose DSN applications are given, and what became of what they reported."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from soulcaster.demo.product import Facts
from tests.browser.product import Product, until

PATIENCE = 60.0  # seconds; how long it usually takes is measured by `manage.py bench ingest`


@dataclass(frozen=True)
class Reporting:
    """A source of the kind `sdk`, and the release of the application that reports to it."""

    product: Product
    project: int
    dsn: str
    release: str

    def items(self) -> list[Facts]:
        """What this application has reported, grouped."""
        found = self.product.get(f"/api/projects/{self.project}/feedback")["results"]
        mine = [item for item in found if item["metadata"].get("release") == self.release]
        return [item for item in mine if item["cluster"]]

    def item(self, title: str) -> Facts:
        """The item of this title, as soon as it is there and in a cluster."""
        return self.first(lambda item: item["title"] == title)

    def first(self, fits: Callable[[Facts], bool]) -> Facts:
        """The first item that fits, as soon as there is one."""
        until(lambda: any(fits(item) for item in self.items()), PATIENCE)
        return next(item for item in self.items() if fits(item))


def connected(product: Product, project: int) -> Reporting:
    """Connect a source as a person does who wants to have a DSN."""
    release = f"till@{uuid4().hex}"
    wish = json.dumps({"kind": "sdk", "name": release}).encode()
    request = urllib.request.Request(
        f"{product.address}/api/projects/{project}/sources",
        data=wish,
        headers={"Authorization": f"Bearer {product.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        source: Facts = json.load(answer)
    return Reporting(product, project, source["address"], release)
