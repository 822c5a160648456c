"""Groups are corrected in seconds, without a mouse, and every correction is taken back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.barriers import barriers
from tests.browser.conftest import OpenPage
from tests.browser.product import Product, Project

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]


@pytest.fixture
def project(product: Product) -> Project:
    return product.new_project()


@pytest.fixture
def inbox(open_page: OpenPage, project: Project) -> Page:
    page = open_page()
    page.goto(f"/?project={project.id}&status=new")
    return page


def rows(page: Page) -> Locator:
    """The lines of the list, each with its title."""
    return page.locator("#triage [data-open]")


def titles(page: Page) -> list[str]:
    return rows(page).all_inner_texts()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def said(page: Page, text: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(text)


def test_clusters_are_merged_and_dismissed_by_keyboard_and_each_is_undone(inbox: Page) -> None:
    before = titles(inbox)
    third = before[2]
    press(inbox, "j", "x", "j", "x", "m")
    question = inbox.get_by_role("dialog", name="Merge 2 clusters")
    expect(question.get_by_role("radio")).to_have_count(2)
    press(inbox, "Enter")
    said(inbox, "Merged 2 clusters into")
    expect(rows(inbox)).to_have_count(len(before) - 1)
    expect(rows(inbox).nth(1)).to_be_focused()  # what came next is current

    press(inbox, "u")
    said(inbox, "Undone: Merged 2 clusters into")
    expect(rows(inbox)).to_have_text(before)

    expect(rows(inbox).nth(2)).to_be_focused()
    press(inbox, "d")
    expect(inbox.get_by_role("dialog", name=re.compile(re.escape(third[:40])))).to_be_visible()
    press(inbox, "3")
    said(inbox, f"Dismissed “{third[:40]}")
    expect(rows(inbox)).to_have_text([title for title in before if title != third])
    expect(rows(inbox).nth(2)).to_be_focused()

    press(inbox, "u")
    said(inbox, "Undone: Dismissed")
    expect(rows(inbox)).to_have_text(before)


def test_keys_that_come_faster_than_the_answers_are_not_lost(inbox: Page) -> None:
    count = rows(inbox).count()
    press(inbox, "j", "d", "1", "d", "2")
    expect(rows(inbox)).to_have_count(count - 2)
    press(inbox, "u", "u")
    expect(rows(inbox)).to_have_count(count)


def test_a_cluster_is_locked_and_renamed_in_place(inbox: Page) -> None:
    press(inbox, "j", "l")
    expect(inbox.locator("#triage .row").first).to_contain_text("Locked")
    press(inbox, "e")
    question = inbox.get_by_role("dialog", name="Edit title and summary")
    question.get_by_role("textbox", name="Title").fill("Two coupons at once")
    press(inbox, "Enter")
    expect(rows(inbox).first).to_have_text("Two coupons at once")


def test_a_wrong_cluster_is_split_its_reports_say_why_and_it_is_undone(
    open_page: OpenPage, project: Project
) -> None:
    page = open_page()
    page.goto(f"/clusters/{project.cluster}/")
    report = page.locator(".report").first
    number = (report.get_attribute("id") or "").removeprefix("report-")
    reason = report.locator(".why")
    before = reason.inner_text()
    count = page.locator(".report").count()
    press(page, "j", "x", "s")
    expect(page.get_by_role("dialog", name="Split 1 report off")).to_be_visible()
    page.keyboard.type("Vouchers")
    press(page, "Enter")
    said(page, "Split 1 report off")
    expect(page.locator(".report")).to_have_count(count - 1)

    page.goto(f"/clusters/{project.cluster}/?report={number}")  # leads to where it is now
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vouchers")
    expect(page.locator(".why")).to_contain_text("Placed here by demo")
    expect(page.locator(".why")).to_contain_text("Split 1 report off")

    press(page, "u")
    said(page, "Undone: Split 1 report off")
    expect(page).to_have_url(re.compile(rf"/clusters/{project.cluster}/$"))
    expect(page.locator(f"#report-{number} .why")).to_have_text(before)
    expect(page.locator(".report")).to_have_count(count)


def test_a_report_is_moved_to_a_cluster_that_is_searched_for(
    open_page: OpenPage, project: Project, product: Product
) -> None:
    other = product.api.clusters(project.id)[-1]
    page = open_page()
    page.goto(f"/clusters/{project.cluster}/")
    press(page, "j", "v")
    question = page.get_by_role("dialog", name="Move 1 report")
    expect(question.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(f"#{other['id']}")
    press(page, "Enter")
    expect(
        question.get_by_role("button", name=re.compile(re.escape(other["title"][:30])))
    ).to_be_focused()
    press(page, "Enter")
    said(page, "Moved 1 report to")
    assert product.get(f"/api/clusters/{other['id']}")["item_count"] == other["item_count"] + 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_questions_have_no_barriers(
    open_page: OpenPage, project: Project, theme: str, pytestconfig: pytest.Config
) -> None:
    page = open_page(color_scheme=theme)
    page.goto(f"/?project={project.id}")
    press(page, "j", "x", "j", "x")
    for key, name in (("m", "Merge"), ("d", "Dismiss")):
        press(page, key)
        expect(page.get_by_role("dialog", name=re.compile(name))).to_be_visible()
        page.screenshot(path=f"{pytestconfig.getoption('--output')}/pages/{name}-{theme}.png")
        assert barriers(page) == ""
        press(page, "Escape")


def test_it_goes_without_script(open_page: OpenPage, project: Project) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"/?project={project.id}")
    before = titles(page)
    for number in (0, 1):
        page.locator("[data-pick]").nth(number).check()
    page.get_by_role("button", name="Merge").click()
    page.get_by_role("main").get_by_role("button", name="Merge").click()
    said(page, "Merged 2 clusters into")
    assert len(titles(page)) == len(before) - 1
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(rows(page)).to_have_text(before)
