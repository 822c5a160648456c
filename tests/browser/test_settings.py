"""The long page of a project's settings, by keyboard and without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.product import Product

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_page: OpenPage, product: Product) -> Page:
    page = open_page(viewport={"width": 390, "height": 844})
    page.goto(f"/projects/{product.new_project().id}/settings/")
    return page


def save(page: Page) -> None:
    page.get_by_role("button", name="Save settings").press("Enter")
    expect(page.get_by_text("The settings were saved")).to_be_visible()


def test_hosts_are_added_and_removed_by_keyboard(page: Page) -> None:
    hosts = page.get_by_role("textbox", name="Host", exact=False)
    page.get_by_role("textbox", name="Host 1").fill("a.example.com")
    page.get_by_role("button", name="Add a host").press("Enter")
    expect(hosts.last).to_be_focused()  # one can go on typing
    page.keyboard.type("b.example.com")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # the agent instead of the set-up
    save(page)
    expect(hosts).to_have_count(3)  # and an empty one
    expect(page.get_by_role("combobox", name="Who may reach it").nth(1)).to_have_value("agent")
    page.get_by_role("button", name="Remove this host").first.press("Enter")
    expect(page.get_by_role("button", name="Add a host")).to_be_focused()
    save(page)
    expect(hosts.first).to_have_value("b.example.com")
    expect(hosts).to_have_count(2)


def test_a_section_is_reached_by_its_tab(page: Page) -> None:
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Guard").press("Enter")
    expect(page.get_by_role("heading", name="Guard")).to_be_in_viewport()


def test_what_was_refused_is_reached_from_above(page: Page) -> None:
    page.get_by_role("textbox", name="Host 1").fill("https://a.example.com/")
    page.get_by_role("button", name="Save settings").press("Enter")
    problems = page.get_by_role("alert").filter(has_text="Nothing was saved yet")
    problems.get_by_role("link", name="Allowed hosts").press("Enter")
    expect(page.get_by_text("Write only the name")).to_be_in_viewport()
    expect(page.get_by_role("textbox", name="Host 1")).to_have_value("https://a.example.com/")
