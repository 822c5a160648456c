"""The product without a mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.pages import Story

pytestmark = pytest.mark.browser


@pytest.fixture
def inbox(open_page: OpenPage, story: Story) -> Page:
    page = open_page()
    page.goto(story.address("/?project={project}"))
    return page


def titles(page: Page) -> list[str]:
    """The address of each cluster in the list, from the top."""
    links = page.get_by_role("main").get_by_role("list").get_by_role("link")
    addresses: list[str] = links.evaluate_all("links => links.map(link => link.href)")
    return [address for address in addresses if re.search(r"/clusters/\d+/$", address)]


def focused(page: Page) -> str:
    """Where the focused link leads."""
    return str(page.evaluate("document.activeElement.href ?? document.activeElement.tagName"))


def test_j_and_k_walk_the_rows(inbox: Page) -> None:
    first, second, *_ = titles(inbox)
    inbox.keyboard.press("j")
    assert focused(inbox) == first
    inbox.keyboard.press("j")
    assert focused(inbox) == second
    inbox.keyboard.press("k")
    inbox.keyboard.press("k")
    assert focused(inbox) == first


def test_enter_opens_the_row(inbox: Page) -> None:
    second = titles(inbox)[1]
    inbox.keyboard.press("j")
    inbox.keyboard.press("j")
    inbox.keyboard.press("Enter")
    inbox.wait_for_url(second)


def test_the_focused_row_is_visible_in_the_preview(inbox: Page) -> None:
    preview = inbox.get_by_role("complementary", name="Why it ranks here")
    inbox.keyboard.press("j")
    inbox.keyboard.press("j")
    expect(preview.get_by_role("link").first).to_have_attribute(
        "href", re.sub(r"^.*(/clusters/)", r"\1", titles(inbox)[1])
    )


@pytest.mark.parametrize(("letter", "place"), [("i", "Inbox"), ("j", "Jobs"), ("m", "Metrics")])
def test_g_and_a_letter_go_to_a_place(
    open_page: OpenPage, story: Story, letter: str, place: str
) -> None:
    page = open_page()
    page.goto(story.address("/clusters/{cluster}/"))
    page.keyboard.press("g")
    page.keyboard.press(letter)
    expect(page.get_by_role("heading", level=1, name=place)).to_be_visible()


def test_the_question_mark_shows_every_key_and_escape_hides_them(inbox: Page) -> None:
    help_ = inbox.get_by_role("dialog", name="Keyboard")
    inbox.keyboard.press("?")
    expect(help_).to_be_visible()
    expect(help_).to_contain_text("Next, previous row")
    inbox.keyboard.press("Escape")
    expect(help_).to_be_hidden()


def test_the_slash_searches_and_letters_stay_letters_there(inbox: Page) -> None:
    field = inbox.get_by_role("searchbox", name="Search clusters")
    inbox.keyboard.press("/")
    expect(field).to_be_focused()
    inbox.keyboard.type("gij?")
    expect(field).to_have_value("gij?")


def test_e_edits_the_plan_in_place(open_page: OpenPage, story: Story) -> None:
    page = open_page()
    page.goto(story.address("/clusters/{cluster}/plan/"))
    page.keyboard.press("e")
    expect(page.get_by_role("textbox", name="Summary")).to_be_focused()
    assert page.url.endswith("/plan/")


def test_the_first_tab_leads_past_the_bar(inbox: Page) -> None:
    inbox.keyboard.press("Tab")
    inbox.keyboard.press("Enter")
    expect(inbox.get_by_role("main")).to_be_focused()
