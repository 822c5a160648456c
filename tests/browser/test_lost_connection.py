"""The web process dies in the middle of a job: the page finds its way back by itself."""

from __future__ import annotations

import os
import signal

import pytest
from playwright.sync_api import expect

from tests.browser.complaints import Complaints
from tests.browser.conftest import OpenPage
from tests.browser.log_lines import all_lines, expected_lines, log_of
from tests.browser.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]


def test_the_log_goes_on_and_is_complete(
    product: Product, open_page: OpenPage, complaints: Complaints
) -> None:
    job = product.start_fix(product.new_project().cluster)
    page = open_page()
    page.goto(f"/jobs/{job}/")
    state = page.get_by_role("region", name="Log").get_by_role("status").first
    expect(log_of(page).get_by_role("link").last).to_be_visible(timeout=60_000)
    with complaints.expected(r"WebSocket|ERR_|htmx|/state/"):
        os.kill(product.facts()["processes"]["web"], signal.SIGKILL)
        expect(state).to_have_text("Reconnecting")
        expect(state).to_have_text("Live", timeout=30_000)
    product.await_end(job)
    expect(state).to_have_text("Ended", timeout=20_000)
    assert all_lines(page) == expected_lines(product.log_chunks(job))
