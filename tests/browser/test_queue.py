"""The queue's page follows what happens without a reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.barriers import barriers
from tests.browser.conftest import OpenPage
from tests.browser.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

LONG = 90_000  # ms; a job on a busy machine
NOTHING = "Nothing runs and nothing waits"


def queue(page: Page, project: int) -> None:
    page.goto(f"/queue/?project={project}")
    expect(page.get_by_role("heading", name="Queue", exact=True)).to_be_visible()


def test_a_job_comes_and_goes(product: Product, open_page: OpenPage) -> None:
    project = product.new_project()
    page = open_page(viewport={"width": 1280, "height": 900})
    queue(page, project.id)
    main = page.get_by_role("main")
    expect(main).to_contain_text(NOTHING)
    page.evaluate("window.stayed = true")
    job = product.start_fix(project.cluster)
    row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=project.title))
    expect(row.locator("svg.bars rect.prepare").first).to_be_visible(timeout=LONG)
    expect(row).to_contain_text("sandbox local", timeout=LONG)
    expect(row).to_contain_text("worker heard of in the last")
    expect(page).to_have_title(re.compile("^1 running, 0 waiting"))
    assert barriers(page) == ""
    product.await_end(job)
    expect(main).to_contain_text(NOTHING, timeout=LONG)
    assert page.evaluate("window.stayed")


def test_a_job_is_cancelled_from_the_queue(product: Product, open_page: OpenPage) -> None:
    project = product.new_project()
    page = open_page(viewport={"width": 390, "height": 844})
    job = product.start_fix(project.cluster)
    queue(page, project.id)
    page.get_by_role("button", name=f"Cancel job {job}").click(timeout=LONG)
    dialog = page.get_by_role("dialog", name=f"Cancel job {job}?")
    dialog.get_by_role("button", name="Cancel job", exact=True).click()
    expect(page).to_have_url(re.compile(r"/queue/"))
    assert product.await_end(job)["outcome"] == "cancelled"
    expect(page.get_by_role("main")).to_contain_text(NOTHING, timeout=LONG)


def test_g_and_q_lead_to_the_queue(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("q")
    expect(page).to_have_url(re.compile(r"/queue/"))
