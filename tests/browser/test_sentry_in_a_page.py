"""A page with a stock @sentry/browser reports from another site."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.product import Product
from tests.live.reporting import connected
from tests.live.sentry_packages import PROGRAMS, node_modules

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and does not say so."""

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Another site, with the page and the packages that it loads."""
    (tmp_path / "node_modules").symlink_to(node_modules())
    for name in ("till.html", "till.js"):
        (tmp_path / name).write_bytes((PROGRAMS / name).read_bytes())
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


def test_what_nobody_catches_in_a_page_is_an_item_with_frames(
    site: str, product: Product, new_context: Callable[..., BrowserContext]
) -> None:
    reporting = connected(product, product.new_project().id)
    page = new_context().new_page()
    page.goto(f"{site}/till.html?{urlencode({'dsn': reporting.dsn, 'release': reporting.release})}")

    item = reporting.first(lambda item: item["title"].startswith("TypeError: "))
    frames = item["trace"][0]["frames"]
    assert [frame["function"] for frame in frames][-2:] == ["closeDay", "countDrawer"]
    assert frames[-1]["file"].endswith("/till.js")
    assert item["metadata"]["page"] == f"{site}/till.html"
    assert "Chrome" in item["metadata"]["user_agent"]
