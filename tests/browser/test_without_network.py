"""A page that is left without a network: once it is back the log is complete, without a reload."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.log_lines import all_lines, log_of
from tests.browser.product import MEMBER, Product, running
from tests.browser.wire import Wire, wired
from tests.browser.written import WrittenJob

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

BEAT = 1.0
Break = Callable[[BrowserContext, Wire], None]


@pytest.fixture(scope="module")
def quick(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product that gives signs of life often, so that a minute's silence takes seconds."""
    environment = {"SOULCASTER_LOG_BEAT_SECONDS": str(BEAT)}
    with running(tmp_path_factory.mktemp("quick"), environment) as product:
        yield product


@pytest.fixture(scope="module")
def project(quick: Product) -> int:
    return quick.new_project().id


@pytest.fixture
def wire(quick: Product) -> Iterator[Wire]:
    port = urlsplit(quick.facts()["local"]).port
    assert port
    with wired(port) as wire:
        yield wire


@pytest.fixture
def context(browser: Browser, quick: Product, wire: Wire) -> Iterator[BrowserContext]:
    """A browser at the other end of the wire, signed in."""
    context = browser.new_context(base_url=f"http://127.0.0.1:{wire.port}")
    link = urlsplit(quick.sign_in_link(MEMBER))
    context.new_page().goto(f"{link.path}?{link.query}")
    yield context
    context.close()


def cut(context: BrowserContext, wire: Wire) -> None:
    """The network is gone, and the browser knows it."""
    context.set_offline(True)
    wire.cut()


def cut_behind(context: BrowserContext, wire: Wire) -> None:
    """Connections break somewhere else; the browser's own network is fine."""
    wire.cut()


def freeze(context: BrowserContext, wire: Wire) -> None:
    """Nothing breaks, but nothing comes any more: the other side is dead."""
    wire.freeze()


@pytest.mark.parametrize("take_away", [cut, cut_behind, freeze], ids=lambda each: each.__name__)
def test_the_log_is_complete_when_the_network_is_back(
    quick: Product,
    project: int,
    context: BrowserContext,
    wire: Wire,
    tmp_path: Path,
    take_away: Break,
) -> None:
    job = WrittenJob(quick, project, tmp_path)
    job.write(*lines(1, 20))
    page = context.new_page()
    page.goto(f"/jobs/{job.id}/")
    page.evaluate("window.isTheSame = true")
    expect(log_of(page)).to_contain_text("line 20")
    state = page.get_by_role("region", name="Log").get_by_role("status").first
    expect(state).to_have_text("Live")

    take_away(context, wire)
    expect(state).to_have_attribute("data-state", "reconnecting", timeout=20_000)
    job.write(*lines(21, 40))
    expect(state).to_have_text("No connection; trying again", timeout=60_000)
    assert "line 21" not in log_of(page).inner_text()
    wire.mend()
    context.set_offline(False)

    expect(log_of(page)).to_contain_text("line 40", timeout=30_000)
    job.write(*lines(41, 50))
    expect(log_of(page)).to_contain_text("line 50", timeout=30_000)
    expect(state).to_have_text("Live", timeout=30_000)
    assert all_lines(page) == [(number, f"line {number}") for number in range(1, 51)]
    job.end()
    expect(state).to_have_text("Ended", timeout=20_000)
    assert is_the_same(page)


def lines(first: int, last: int) -> list[tuple[str, str]]:
    return [("output", f"line {number}\n") for number in range(first, last + 1)]


def is_the_same(page: Page) -> bool:
    """It was not loaded again."""
    return bool(page.evaluate("window.isTheSame === true"))
