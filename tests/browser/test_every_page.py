"""What holds on every page: no complaints of the browser, both themes, phones, accessibility."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.browser.barriers import barriers
from tests.browser.complaints import Complaints
from tests.browser.conftest import OpenPage
from tests.browser.log_lines import log_of
from tests.browser.pages import PAGES, STATUSES, Story
from tests.browser.product import Product

pytestmark = pytest.mark.browser

themes = pytest.mark.parametrize("theme", ["light", "dark"])
# Elements that stick out of the page to the right, without a part that scrolls around them.
STICKING_OUT = """
() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (element) => {
    const around = element.parentElement?.closest("body *");
    return around && (getComputedStyle(around).overflowX !== "visible" || scrolls(around));
  };
  return [...document.body.querySelectorAll("*")]
    .filter((each) => each.getBoundingClientRect().right > width + 1)
    .filter((each) => each.checkVisibility() && !scrolls(each))
    .map((each) => each.outerHTML.slice(0, 120));
}
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """An open page; `picture` is where its pictures go, but for the ending."""

    page: Page
    complaints: Complaints
    picture: str


@pytest.fixture(scope="module")
def pictures(pytestconfig: pytest.Config) -> Path:
    """Where the pictures of the pages go, for people to look at."""
    folder = Path(pytestconfig.getoption("--output")) / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module", params=PAGES, ids=[name for name, _, _ in PAGES])
def visit(
    request: pytest.FixtureRequest,
    browser: Browser,
    product: Product,
    signed_in: Callable[[str], StorageState],
    story: Story,
    pictures: Path,
) -> Iterator[Visit]:
    """One page after the other; the tests of a page share it."""
    name, address, reader = request.param
    state = signed_in(reader) if reader else None
    complaints = Complaints()
    context = complaints.listen(browser.new_context(storage_state=state, base_url=product.address))
    page = context.new_page()
    status = STATUSES.get(name, 200)
    with complaints.expected(f"the server responded with a status of {status}"):
        answer = page.goto(story.address(address))
    assert answer
    assert answer.status == status
    if name == "job":
        expect(log_of(page).get_by_role("link").last).to_be_visible()
    yield Visit(page, complaints, str(pictures / name.replace(" ", "-")))
    context.close()


@themes
def test_it_has_no_barriers(visit: Visit, theme: Any) -> None:
    page = visit.page
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme=theme)
    page.screenshot(path=f"{visit.picture}-{theme}.png")
    assert barriers(page) == ""


def test_a_phone_scrolls_it_only_downwards(visit: Visit) -> None:
    page = visit.page
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=f"{visit.picture}-phone.png")
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") <= 0
    assert page.evaluate(STICKING_OUT) == []


def test_its_menus_fit_on_a_phone(visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size({"width": 390, "height": 844})
    for menu in page.locator("header summary:visible, main .menu > summary:visible").all():
        menu.click()
        assert page.evaluate(STICKING_OUT) == []
        page.keyboard.press("Escape")


def test_it_has_one_title_and_no_complaints(visit: Visit) -> None:
    expect(visit.page.get_by_role("heading", level=1)).to_have_count(1)
    assert visit.complaints.texts == []


@themes
def test_a_theme_is_light_or_dark(open_page: OpenPage, theme: str) -> None:
    page = open_page(color_scheme=theme)
    page.goto("/")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue, *_ = [int(number) for number in re.findall(r"\d+", paper)]
    assert (red + green + blue > 3 * 128) is (theme == "light")
