"""Everything that matters works with JavaScript off: forms post, pages render."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.product import MEMBER, Product, Project, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

STEP = "Take the second coupon from what the first one left."


def test_from_sign_in_to_the_log(product: Product, open_page: OpenPage) -> None:
    project = product.new_project()
    page = open_page("", java_script_enabled=False)
    page.goto(product.sign_in_link(MEMBER))
    page.get_by_role("button", name="Sign in").click()
    edit_and_approve_the_plan(page, project)
    page.get_by_role("button", name="Generate fix", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Job ")
    until(lambda: log_is_shown(page), 60)
    cancel(page)


def edit_and_approve_the_plan(page: Page, project: Project) -> None:
    page.goto(f"/?project={project.id}")
    page.get_by_role("link", name=project.title).first.click()
    page.get_by_role("navigation", name="Cluster").get_by_role("link", name="Plan").click()
    page.get_by_role("button", name="Write a plan").first.click()
    page.get_by_role("link", name="Edit steps").click()
    page.get_by_role("textbox", name="Steps").fill(STEP)
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("region", name="Steps").get_by_role("listitem")).to_have_text([STEP])
    page.get_by_role("button", name="Approve plan").click()
    expect(page.get_by_role("main")).to_contain_text(f"Approved by {MEMBER}")


def log_is_shown(page: Page) -> bool:
    """What a reader does without script: reload."""
    page.reload()
    return "pytest" in page.get_by_role("region", name="Log").inner_text()


def cancel(page: Page) -> None:
    """The question is asked without script too."""
    page.get_by_role("button", name="Cancel job").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel job").click()
    expect(page.get_by_text("The job is being cancelled.")).to_be_visible()


def test_a_list_is_searched(product: Product, open_page: OpenPage) -> None:
    project = product.new_project()
    page = open_page(java_script_enabled=False)
    page.goto(f"/?project={project.id}")
    page.get_by_role("searchbox", name="Search clusters").fill("closing")
    page.get_by_role("button", name="Show", exact=True).click()
    titles = page.get_by_role("main").get_by_role("list").first.get_by_role("link")
    expect(titles).to_have_count(1)
    expect(titles).to_contain_text("Closing")


def test_a_report_is_added(product: Product, open_page: OpenPage) -> None:
    project = product.new_project()
    page = open_page(java_script_enabled=False)
    page.goto(f"/projects/{project.id}/feedback/new/")
    page.get_by_label("Title").fill("The drawer opens twice")
    page.get_by_role("button", name="Add report").click()
    expect(page.get_by_role("status")).to_contain_text("report")


def test_the_theme_is_chosen(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/jobs/")
    page.locator("summary").filter(has_text="Theme").click()
    page.get_by_role("button", name="Dark").click()
    page.wait_for_url("**/jobs/")
    assert page.locator("html").get_attribute("data-theme") == "dark"
