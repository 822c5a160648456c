"""Chromium, the running product, and people in front of it.

One product serves all tests; a test that changes something takes a project of its own.
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.browser.complaints import Complaints
from tests.browser.pages import Story, tell
from tests.browser.product import MEMBER, Product, running

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


class OpenPage(Protocol):
    """Opens a page in a browser of its own, signed in as `who` ('': nobody)."""

    def __call__(self, who: str = MEMBER, **options: Any) -> Page:
        """`options` are those of playwright's contexts."""
        ...


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium of this machine."""
    for name in (os.environ.get("SOULCASTER_CHROMIUM", ""), *NAMES):
        if name and (path := shutil.which(name)):
            return path
    pytest.skip(
        "Chromium is not installed: `apt-get install chromium` gets it on Debian and Ubuntu, or "
        "set SOULCASTER_CHROMIUM to the path of a Chrome or Chromium that is somewhere else."
    )


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], chromium: str
) -> dict[str, Any]:
    """The machine's browser instead of one that playwright downloads."""
    wanted = {"executable_path": chromium, "args": ["--disable-dev-shm-usage"]}
    return browser_type_launch_args | wanted


@pytest.fixture(scope="session")
def product(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product; it is not started when there is no browser to look at it."""
    with running(tmp_path_factory.mktemp("product")) as product:
        yield product


@pytest.fixture(scope="session")
def story(product: Product) -> Story:
    """A project with a finished fix that nobody changes, for tests that only look."""
    return tell(product)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], product: Product) -> dict[str, Any]:
    """Every page's address may be given without the product's."""
    return browser_context_args | {"base_url": product.address}


@pytest.fixture(scope="session")
def signed_in(browser: Browser, product: Product) -> Callable[[str], StorageState]:
    """The cookies of a person, who signs in when first asked for."""

    @functools.cache
    def cookies(username: str) -> StorageState:
        context = browser.new_context()
        page = context.new_page()
        page.goto(product.sign_in_link(username))
        expect(page.get_by_role("link", name="Inbox")).to_be_visible()
        state = context.storage_state()
        context.close()
        return state

    return cookies


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """What the browsers of this test complain about: at its end, nothing."""
    complaints = Complaints()
    yield complaints
    assert complaints.texts == []


@pytest.fixture
def open_page(
    complaints: Complaints,
    new_context: Callable[..., BrowserContext],
    signed_in: Callable[[str], StorageState],
) -> OpenPage:
    """A way to open pages whose complaints count."""

    def open_page(who: str = MEMBER, **options: Any) -> Page:
        state = signed_in(who) if who else None
        return complaints.listen(new_context(storage_state=state, **options)).new_page()

    return open_page
