"""Somebody of another team learns nothing, not even that there is something."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.complaints import Complaints
from tests.browser.conftest import OpenPage
from tests.browser.pages import FOR_MEMBERS, Story
from tests.browser.product import MEMBER, Product

pytestmark = pytest.mark.browser

STRANGER = "mallory"
THINGS = {name: address for name, address in FOR_MEMBERS.items() if "{" in address}
# Answers "open" once the server lets us in, else "closed".
CONNECT = """
(address) => new Promise((answer) => {
  const socket = new WebSocket(new URL(address, location.href));
  socket.addEventListener("open", () => { answer("open"); socket.close(); });
  socket.addEventListener("close", () => answer("closed"));
})
"""


def connect(page: Page, story: Story) -> str:
    page.goto("/jobs/")
    return str(page.evaluate(CONNECT, story.address("/ws/jobs/{job}/logs/")))


@pytest.mark.parametrize("name", THINGS)
def test_another_teams_page_is_not_there(
    open_page: OpenPage, complaints: Complaints, story: Story, name: str
) -> None:
    page = open_page(STRANGER)
    with complaints.expected(r"status of 404"):
        answer = page.goto(story.address(THINGS[name]))
        assert answer
        assert answer.status == 404
        expect(page.get_by_role("main")).not_to_contain_text("coupon")


def test_the_log_is_open_to_members_only(
    open_page: OpenPage, complaints: Complaints, story: Story
) -> None:
    assert connect(open_page(), story) == "open"
    with complaints.expected(r"WebSocket connection .* failed"):
        assert connect(open_page(STRANGER), story) == "closed"


def test_who_is_not_signed_in_is_asked_to(open_page: OpenPage, story: Story) -> None:
    page = open_page("")
    page.goto(story.address("/jobs/{job}/"))
    page.wait_for_url("**/accounts/login/?next=/jobs/*/")


def test_a_sign_in_link_works_once(
    product: Product, open_page: OpenPage, complaints: Complaints
) -> None:
    link = product.sign_in_link(MEMBER)
    first, second = open_page(""), open_page("")
    first.goto(link)
    expect(first.get_by_role("heading", name="Inbox")).to_be_visible()
    with complaints.expected("responded with a status of 400"):
        second.goto(link)
        expect(second.get_by_role("heading", name="This link does not work")).to_be_visible()
    second.goto("/")
    second.wait_for_url("**/accounts/login/**")
