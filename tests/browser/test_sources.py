"""Connecting a webhook and a form, as people do it, and what strangers send by them."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Page, expect

from tests.browser.complaints import Complaints
from tests.browser.conftest import OpenPage
from tests.browser.product import Product, Project
from tests.browser.signed import post_signed

pytestmark = pytest.mark.browser


class OtherSite(BaseHTTPRequestHandler):
    """A page of somebody else with our line in it."""

    script = ""

    def do_GET(self) -> None:
        page = f"<!doctype html><title>Shop</title><h1>Shop</h1>{self.script}"
        if not self.path.startswith("/basket"):
            page = ""
        self.send_response(200 if page else 204)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        # As strict as sites get: only our server's scripts and frames, nothing inline.
        origin = re.search(r"http://[^/]+", self.script)
        allowed = origin[0] if origin else ""
        policy = f"default-src 'none'; script-src {allowed}; frame-src {allowed}"
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def other_site() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), OtherSite)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def project(product: Product) -> Project:
    return product.new_project()


def connect(page: Page, project: Project, kind: str) -> None:
    page.goto(f"/projects/{project.id}/sources/")
    page.get_by_role("listitem").get_by_role("link", name=kind, exact=True).press("Enter")


def test_a_webhook_is_connected_and_its_messages_are_counted(
    open_page: OpenPage, project: Project
) -> None:
    page = open_page()
    connect(page, project, "Webhook")
    page.get_by_label("Name").fill("Help desk")
    page.get_by_label("Title", exact=False).first.fill("ticket.subject")
    page.get_by_label("A message to try it with").fill('{"ticket": {"subject": "Slow export"}}')
    expect(page.locator("#preview")).to_contain_text("Slow export")
    page.get_by_role("button", name="Connect").press("Enter")

    expect(page.get_by_role("heading", name="Help desk")).to_be_visible()
    secret = page.locator("#new-secret").inner_text()
    address = page.locator("#source-address").inner_text()
    assert secret in page.locator("#webhook-sh").inner_text()
    page.goto(f"/projects/{project.id}/sources/")
    page.get_by_role("link", name="Help desk").press("Enter")
    expect(page.locator("#new-secret")).to_have_count(0)
    assert secret not in page.content()
    state = page.locator("#source-state")
    expect(state).to_contain_text("Waiting for the first report")

    assert post_signed(address, secret, {"ticket": {"subject": "Slow export"}}) == 202
    expect(state).to_contain_text("1 new", timeout=20_000)  # without a reload
    expect(state).to_contain_text("Receiving")
    page.reload()
    expect(page.locator("#messages")).to_contain_text("Read")
    expect(page.locator("#reports")).to_contain_text("Slow export")

    page.get_by_role("button", name="Test").press("Enter")
    expect(page.locator("#test-result")).to_contain_text("went all the way")
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.locator("#source-state")).to_contain_text("Paused")
    with pytest.raises(HTTPError) as refused:
        post_signed(address, secret, {"ticket": {"subject": "Another one"}})
    assert refused.value.code == 403


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_an_event_comes_by_the_example_on_the_page(
    open_page: OpenPage, product: Product, project: Project
) -> None:
    made = product.connect_source(project.id, "sdk", "Shop")
    page = open_page()
    page.goto(f"/sources/{made['id']}/")
    page.get_by_text("curl, without an SDK").press("Enter")
    example = page.locator("#sdk-sh").inner_text()
    subprocess.run(["bash", "-c", example], check=True, timeout=30, capture_output=True)
    expect(page.locator("#source-state")).to_contain_text("1 new", timeout=20_000)
    page.reload()
    expect(page.locator("#reports")).to_contain_text("Hello from a script")


def test_a_form_is_filled_in_by_a_stranger_without_scripts(
    open_page: OpenPage, product: Product, project: Project
) -> None:
    made = product.connect_source(project.id, "form", "Open form", title="Tell us")
    page = open_page("", java_script_enabled=False)
    page.goto(made["address"])
    page.get_by_label("What is it about?").fill("The till eats coins")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    items = product.get(f"/api/projects/{project.id}/feedback")["results"]
    assert items[0]["title"] == "The till eats coins"


def test_another_site_shows_the_form_in_a_dialog(
    open_page: OpenPage, product: Product, project: Project, other_site: str
) -> None:
    made = product.connect_source(
        project.id, "form", "On the shop", title="Tell the shop", origins=[other_site]
    )
    OtherSite.script = f'<script src="{made["address"]}embed.js" async></script>'
    page = open_page("")
    page.goto(f"{other_site}/basket?token=private")
    opener = page.get_by_role("button", name="Feedback")
    opener.press("Enter")
    dialog = page.get_by_role("dialog", name="Tell the shop")
    expect(dialog).to_be_visible()
    form = page.frame_locator("iframe[title='Tell the shop']")
    expect(form.get_by_label("Address of the page")).to_have_value(f"{other_site}/basket")
    form.get_by_label("What is it about?").fill("The shop is closed at noon")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    opener.press("Enter")  # what was typed is still there
    expect(form.get_by_label("What is it about?")).to_have_value("The shop is closed at noon")
    form.get_by_role("button", name="Send").press("Enter")
    expect(form.get_by_role("heading", name="Thank you")).to_be_visible()
    form.get_by_role("button", name="Close").press("Enter")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_site_that_is_not_named_gets_no_frame(
    open_page: OpenPage,
    complaints: Complaints,
    product: Product,
    project: Project,
    other_site: str,
) -> None:
    made = product.connect_source(project.id, "form", "For others", origins=["https://a.example"])
    OtherSite.script = f'<iframe src="{made["address"]}" title="Stolen"></iframe>'
    page = open_page("")
    with complaints.expected(r"frame-ancestors|chrome-error|Framing"):
        page.goto(f"{other_site}/basket")
        page.wait_for_load_state("networkidle")
    stolen = page.frame_locator("iframe[title=Stolen]")
    expect(stolen.get_by_label("What is it about?")).to_have_count(0)
