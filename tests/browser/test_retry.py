"""Running a job again: the dialog on its page, by keyboard, on a phone, and without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.barriers import barriers
from tests.browser.conftest import OpenPage
from tests.browser.product import Product
from tests.browser.test_every_page import STICKING_OUT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]


@pytest.fixture
def job(product: Product) -> int:
    return product.start_fix(product.new_project().cluster)


def cancelled(page: Page, job: int) -> None:
    """The job's page once the job was cancelled there."""
    page.goto(f"/jobs/{job}/")
    page.get_by_role("button", name="Cancel job").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel job").click()
    expect(page.get_by_role("button", name="Run again")).to_be_visible(timeout=60_000)


def opened(page: Page) -> Locator:
    """The dialog, opened with the keyboard."""
    page.get_by_role("button", name="Run again").focus()
    page.keyboard.press("Enter")
    return page.get_by_role("dialog", name="Run this job again")


def test_a_step_and_a_priority_are_chosen_with_the_keyboard(open_page: OpenPage, job: int) -> None:
    page = open_page()
    cancelled(page, job)
    dialog = opened(page)
    first = dialog.get_by_role("radio", name=re.compile("From the beginning"))
    expect(first).to_be_checked()
    expect(first).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    opened(page)
    dialog.get_by_label("Priority").select_option("high")
    dialog.get_by_role("button", name="Run again").press("Enter")
    page.wait_for_url(lambda address: not address.endswith(f"/jobs/{job}/"))
    expect(page.get_by_role("main")).to_contain_text(f"Runs job {job} again")


def test_the_dialog_fits_on_a_phone_and_has_no_barriers(open_page: OpenPage, job: int) -> None:
    page = open_page()
    cancelled(page, job)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(opened(page).get_by_label("Priority")).to_be_visible()
    assert page.evaluate(STICKING_OUT) == []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert barriers(page) == ""


def test_without_script_it_is_a_page(open_page: OpenPage, job: int) -> None:
    page = open_page()
    cancelled(page, job)
    plain = open_page(java_script_enabled=False)
    plain.goto(f"/jobs/{job}/")
    plain.get_by_role("button", name="Run again").click()
    plain.get_by_role("link", name="Choose where to begin").click()
    plain.get_by_role("button", name="Run again").click()
    expect(plain.get_by_role("main")).to_contain_text(f"Runs job {job} again")
