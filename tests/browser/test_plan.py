"""A plan is worth approving: written while one waits, questioned, edited, compared, approved."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.barriers import barriers
from tests.browser.conftest import OpenPage
from tests.browser.product import MEMBER, Product, Project, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

WRITTEN = 30_000  # ms; a worker reads the repository
REPORTS = (
    "title,body\n"
    "Invoices export,Since version 2.1 the export of invoices stops after 5 of 7 rows.\n"
    "Invoices export,In version 3.0 the export of invoices stops after 5 of 7 rows.\n"
)
STEP = "Give the last cents to the first people."


def test_a_plan_is_written_questioned_edited_compared_and_approved(
    product: Product, open_page: OpenPage, pytestconfig: pytest.Config
) -> None:
    project = product.new_project()
    cluster = cluster_with_a_question(product, project)
    page = open_page(viewport={"width": 1280, "height": 900})
    page.goto(f"/clusters/{cluster}/plan/")
    plan = page.get_by_role("main")
    page.get_by_role("button", name="Write a plan").first.click()
    expect(plan).to_contain_text("Version 1", timeout=WRITTEN)
    pictures = Path(pytestconfig.getoption("--output")) / "plan"
    look(page, pictures / "asks")
    answer_a_question(page)
    regenerate_with_a_hint(page)
    edit_a_step(page)
    talk_about_it(page)
    look(page, pictures / "talk")
    compare(page)
    look(page, pictures / "compare")
    page.get_by_role("link", name="Read version 3").click()
    approve(page)


def look(page: Page, picture: Path) -> None:
    """The page on a desk and on a phone, light and dark: for people, and nothing sticks out."""
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.screenshot(path=f"{picture}-{width}-{theme}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert barriers(page) == ""


def cluster_with_a_question(product: Product, project: Project) -> int:
    """A cluster whose reports name different versions."""
    product.api.import_file(project.id, "versions.csv", REPORTS.encode(), "")

    def found() -> set[int]:
        reports = product.get(f"/api/projects/{project.id}/feedback?page_size=200")["results"]
        ours = [each["cluster"] for each in reports if each["title"] == "Invoices export"]
        return set(ours) - {None}

    until(lambda: len(found()) == 1, 30)
    return found().pop()


def answer_a_question(page: Page) -> None:
    asks = page.get_by_role("region", name="The planner asks")
    expect(asks).to_contain_text("The reports name different versions.")
    assert barriers(page) == ""
    asks.get_by_role("button", name="All of them").click()
    answered = page.get_by_text(re.compile("answer for the next version"))
    expect(answered).to_be_visible()


def regenerate_with_a_hint(page: Page) -> None:
    page.get_by_role("button", name="Write it anew…").click()
    dialog = page.get_by_role("dialog", name="Write the plan anew")
    expect(dialog).to_be_visible()
    assert barriers(page) == ""
    dialog.get_by_label("Hint").first.fill("Leave the receipts alone.")
    dialog.get_by_role("button", name="Write the plan").click()
    plan = page.get_by_role("main")
    expect(plan).to_contain_text("Version 2", timeout=WRITTEN)
    expect(plan).to_contain_text("The maintainer asks: “Leave the receipts alone.”")
    expect(plan).to_contain_text("“All of them”")
    expect(plan).not_to_contain_text("The planner asks")


def edit_a_step(page: Page) -> None:
    page.get_by_role("link", name="Edit steps").click()
    steps = page.get_by_role("textbox", name="Steps")
    steps.fill(f"{steps.input_value()}\n{STEP}")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("main")).to_contain_text("Version 3")


def talk_about_it(page: Page) -> None:
    section = page.locator("#steps")
    section.get_by_text("Comment", exact=True).click()
    section.get_by_role("textbox", name="Comment").fill("Which people come first?")
    section.get_by_role("button", name="Add comment").click()
    expect(section.locator(".plan-comment")).to_contain_text("Which people come first?")
    section.get_by_role("button", name="Resolve").click()
    expect(section.locator(".plan-comment.resolved")).to_contain_text("Which people come first?")
    assert barriers(page) == ""


def compare(page: Page) -> None:
    page.get_by_role("link", name="compare with 3").last.click()
    plan = page.get_by_role("main")
    expect(plan).to_contain_text("Version 1 beside version 3.")
    expect(plan.locator("ins", has_text=STEP)).to_be_visible()
    assert barriers(page) == ""


def approve(page: Page) -> None:
    plan = page.get_by_role("main")
    expect(plan.get_by_text("Not approved", exact=True)).to_be_visible()
    page.get_by_role("button", name="Approve plan").click()
    expect(plan).to_contain_text(f"Approved by {MEMBER}")


def test_a_rejected_plan_is_written_anew_with_the_reason(
    product: Product, open_page: OpenPage
) -> None:
    project = product.new_project()
    page = open_page(viewport={"width": 390, "height": 800})
    page.goto(f"/clusters/{project.cluster}/plan/")
    plan = page.get_by_role("main")
    page.get_by_role("button", name="Write a plan").first.click()
    expect(plan).to_contain_text("Version 1", timeout=WRITTEN)
    page.get_by_role("button", name="Reject…").click()
    page.get_by_role("textbox", name="Reason").fill("The cause is in the import.")
    page.get_by_role("button", name="Reject plan").click()
    expect(plan).to_contain_text("The cause is in the import.")
    assert barriers(page) == ""
    page.get_by_role("button", name="Write it anew with this reason").click()
    expect(plan).to_contain_text("Version 2", timeout=WRITTEN)
    expect(plan).to_contain_text("The maintainer asks: “The cause is in the import.”")
