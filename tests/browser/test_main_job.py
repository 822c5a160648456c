"""The whole way, as a person walks it: from the sign-in link to the merge."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.barriers import barriers
from tests.browser.conftest import OpenPage
from tests.browser.log_lines import all_lines, expected_lines, lines_in_sight, log_of
from tests.browser.product import MEMBER, Product, Project

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

SUMMARY = "Two coupons take off more than the price. The second must see what the first left."
LONG = 90_000  # ms; a job on a busy machine


def test_from_sign_in_to_merge(product: Product, open_page: OpenPage) -> None:
    project = product.new_project()
    page = open_page("", viewport={"width": 1280, "height": 900})
    sign_in(page, product.sign_in_link(MEMBER))
    edit_and_approve_the_plan(page, project)
    page.get_by_role("button", name="Generate fix", exact=True).click()
    job = number_in(page, r"/jobs/(\d+)/")
    watch_the_log(page, product, job)
    read_the_receipts(page)
    merge(page)
    page.get_by_role("link", name=re.compile(r"^Cluster \d+$")).click()
    expect(page.get_by_role("main")).to_contain_text("Resolved")
    assert status_of(product, project) == "resolved"


def sign_in(page: Page, link: str) -> None:
    page.goto(link)
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


def edit_and_approve_the_plan(page: Page, project: Project) -> None:
    page.goto(f"/?project={project.id}")
    page.get_by_role("link", name=project.title).first.click()
    page.get_by_role("navigation", name="Cluster").get_by_role("link", name="Plan").click()
    page.get_by_role("button", name="Write a plan").first.click()
    page.get_by_role("link", name="Edit summary").click()
    page.get_by_role("textbox", name="Summary").fill(SUMMARY)
    assert barriers(page) == ""
    page.get_by_role("button", name="Save as a new version").click()
    plan = page.get_by_role("main")
    expect(plan).to_contain_text("Version 2")
    expect(plan).to_contain_text(SUMMARY)
    page.get_by_role("button", name="Approve plan").click()
    expect(plan).to_contain_text(f"Approved by {MEMBER}")


def watch_the_log(page: Page, product: Product, job: int) -> None:
    """Lines arrive; a reload in the middle loses and repeats none."""
    last = log_of(page).get_by_role("link").last
    expect(last).to_be_visible(timeout=LONG)
    before = lines_in_sight(page)
    number = max(number for number, _ in before)
    expect(last).not_to_have_text(str(number), timeout=LONG)
    assert barriers(page) == ""
    page.reload()
    assert product.api.job(job)["status"] == "running"
    expect(page.get_by_role("status").filter(has_text="Verified")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Ended", exact=True)).to_be_visible()
    shown = all_lines(page)
    assert shown == expected_lines(product.log_chunks(job))
    assert set(before[:-1]) <= set(shown)
    assert len(shown) > number + 20


def read_the_receipts(page: Page) -> None:
    page.get_by_role("navigation", name="Job").get_by_role("link", name="Receipts").click()
    expect(page.get_by_text("the defect is reproduced and gone")).to_be_visible()
    row = page.get_by_role("row", name=re.compile("sixty_and_fifty_percent"))
    expect(row.get_by_role("cell").nth(2)).to_have_text(re.compile("failed"))
    expect(row.get_by_role("cell").nth(1)).to_have_text(re.compile("passed"))


def merge(page: Page) -> None:
    page.get_by_role("link", name=re.compile(r"^Pull request #\d+$")).click()
    expect(page.get_by_text("The tests prove this fix.")).to_be_visible()
    page.get_by_role("button", name="Merge").click()
    assert barriers(page) == ""
    page.get_by_role("dialog").get_by_role("button", name="Merge").click()
    expect(page.get_by_role("status").filter(has_text="Merged into")).to_be_visible()


def number_in(page: Page, pattern: str) -> int:
    """The number that the page's address holds once it looks like this."""
    page.wait_for_url(re.compile(pattern))
    found = re.search(pattern, page.url)
    assert found
    return int(found[1])


def status_of(product: Product, project: Project) -> str:
    clusters = product.api.clusters(project.id)
    return next(str(each["status"]) for each in clusters if each["id"] == project.cluster)
