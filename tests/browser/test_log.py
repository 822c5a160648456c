"""Whatever is written to a log, the page shows it, live as after a reload, and runs none of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.barriers import barriers
from tests.browser.conftest import OpenPage
from tests.browser.log_lines import all_lines, log_of
from tests.browser.product import Product
from tests.browser.written import Part, WrittenJob

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

MIB = 1024 * 1024
BAD = "\N{REPLACEMENT CHARACTER}"
# What is written, and the lines that are to be seen.
HOSTILE: list[tuple[bytes, list[str]]] = [
    (b"<script>window.pwned = 1</script>\n", ["<script>window.pwned = 1</script>"]),
    (b"<img src=x onerror='window.pwned = 1'>\n", ["<img src=x onerror='window.pwned = 1'>"]),
    (b"a\0b\n", ["ab"]),
    (b"caf\xc3\xa9 \xff\xfe\n", [f"café {BAD}{BAD}"]),
    (b"\xed\xa0\x80 half a pair\n", [f"{BAD}{BAD}{BAD} half a pair"]),
    (b"10 %\r20 %\r100 %\n", ["100 %"]),
    (b"\x1b[1;31mred\x1b[0m plain\n", ["red plain"]),
    (b"\x1b]8;;javascript:window.pwned=1\x1b\\link\x1b]8;;\x1b\\\n", ["link"]),
    (b"\x1b]52;c;cHduZWQ=\x07copied\n", ["copied"]),
    (b"\x1b]0;pwned\x07\x1b]2;pwned\x1b\\title\n", ["title"]),
    (b"\x1b[2J\x1b[H\x1b[10Acursor\n", ["cursor"]),
    ("right to left \u202etxt.exe\n".encode(), [f"right to left {BAD}txt.exe"]),
    (b"\x9b31m\x90q\x9c\n", [f"{BAD}31m{BAD}q{BAD}"]),
    ("\N{GRINNING FACE}\n".encode(), ["\N{GRINNING FACE}"]),
    (b"\x1b]8;;never ends\nthe end\n", ["]8;;never ends", "the end"]),
]


@pytest.fixture(scope="module")
def project(product: Product) -> int:
    return product.new_project().id


@pytest.fixture
def job(product: Product, project: int, tmp_path: Path) -> WrittenJob:
    return WrittenJob(product, project, tmp_path)


def state_of(page: Page) -> Locator:
    """What the page says about its connection."""
    return page.get_by_role("region", name="Log").get_by_role("status").first


def numbered(lines: list[str]) -> list[tuple[int, str]]:
    return [*enumerate(lines, start=1)]


def test_nothing_that_is_printed_runs(job: WrittenJob, open_page: OpenPage) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"/jobs/{job.id}/")
    page.evaluate("navigator.clipboard.writeText('mine')")
    expect(state_of(page)).to_have_text("Live")
    job.write(*(("output", text) for text, _ in HOSTILE))
    expected = numbered([line for _, lines in HOSTILE for line in lines])
    expect(log_of(page)).to_contain_text("the end")

    assert all_lines(page) == expected
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("navigator.clipboard.readText()") == "mine"
    assert "pwned" not in page.title()
    expect(log_of(page).locator(".ansi-red.ansi-bold")).to_have_text("red")
    expect(log_of(page).locator("a:not(.log-number)")).to_have_count(0)
    job.end()
    expect(state_of(page)).to_have_text("Ended")
    page.reload()
    expect(log_of(page)).to_contain_text("the end")
    assert all_lines(page) == expected


def test_any_cut_of_the_bytes_shows_the_same(job: WrittenJob, open_page: OpenPage) -> None:
    text = b"".join(text for text, _ in HOSTILE)
    job.write(*(("output", text[at : at + 7]) for at in range(0, len(text), 7)))
    job.end()
    page = open_page()
    page.goto(f"/jobs/{job.id}/")
    expect(log_of(page)).to_contain_text("the end")

    # Where an escape never ends its beginning is held back until more comes.
    assert all_lines(page) == numbered([line for _, lines in HOSTILE for line in lines])


@pytest.mark.slow
def test_a_line_of_50_mb_and_a_flood_stay_small_in_the_page(
    job: WrittenJob, open_page: OpenPage
) -> None:
    job.write(("output", b"before\n" + b"x" * 50 * MIB + b"\nafter\n"))
    job.write(("output", b"".join(b"line %d of a flood\n" % count for count in range(200_000))))
    job.end()
    page = open_page()
    page.goto(f"/jobs/{job.id}/")
    search = page.get_by_role("searchbox", name="Search the log")
    search.fill("line 199999 of")
    expect(page.get_by_text("1 found")).to_be_visible(timeout=90_000)
    search.press("Enter")
    expect(log_of(page).locator("#L200003")).to_contain_text("line 199999 of a flood")

    page.goto(f"/jobs/{job.id}/#L3")
    expect(log_of(page).locator("#L3")).to_contain_text("after")
    expect(log_of(page).locator(".log-cut")).to_have_text(
        re.compile("52,166,656 more characters of this line are in the download")
    )
    assert page.locator(".log-row").count() < 200
    heap = page.evaluate("performance.memory.usedJSHeapSize")
    assert heap < 120 * MIB


STEPS: list[Part] = [
    ("output", "before any step\n"),
    ("step", "setup"),
    ("output", "installing\n" * 30),
    ("step_end", "setup"),
    ("step", "agent"),
    ("agent", "thinking\n"),
]


def test_lines_fold_by_step(job: WrittenJob, open_page: OpenPage) -> None:
    job.write(*STEPS)
    page = open_page()
    page.goto(f"/jobs/{job.id}/")
    log = log_of(page)
    setup = log.get_by_role("button", name="Set up")
    agent = log.get_by_role("button", name="Agent")
    expect(setup).to_have_attribute("aria-expanded", "false")
    expect(setup).to_contain_text("30 lines")
    expect(agent).to_have_attribute("aria-expanded", "true")
    expect(log).to_contain_text("thinking")
    expect(log).not_to_contain_text("installing")
    assert barriers(page) == ""

    setup.focus()
    page.keyboard.press("Enter")
    expect(log).to_contain_text("installing")
    expect(setup).to_be_focused()
    page.keyboard.press("z")
    expect(setup).to_have_attribute("aria-expanded", "false")
    expect(log).not_to_contain_text("thinking")
    page.keyboard.press("z")
    expect(log).to_contain_text("thinking")


def test_a_link_to_a_line_opens_its_step(job: WrittenJob, open_page: OpenPage) -> None:
    job.write(*STEPS)
    page = open_page()
    page.goto(f"/jobs/{job.id}/#L20")
    expect(log_of(page).locator("#L20")).to_be_visible()
    expect(log_of(page).locator("#L20")).to_have_class(re.compile("log-picked"))


def test_a_search_opens_the_step_of_what_it_finds(job: WrittenJob, open_page: OpenPage) -> None:
    job.write(*STEPS)
    page = open_page()
    page.goto(f"/jobs/{job.id}/")
    expect(log_of(page)).to_contain_text("thinking")
    page.keyboard.press("/")
    page.keyboard.type("installing")
    expect(page.get_by_text("30 found")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 30")).to_be_visible()
    expect(log_of(page).locator("mark.log-current")).to_have_text("installing")


def test_times_are_shown_when_asked_for(job: WrittenJob, open_page: OpenPage) -> None:
    job.write(("output", "one\n"))
    page = open_page(timezone_id="UTC")
    page.goto(f"/jobs/{job.id}/")
    expect(log_of(page)).to_contain_text("one")
    expect(log_of(page).get_by_role("time")).to_have_count(0)
    page.keyboard.press("t")
    expect(log_of(page).get_by_role("time")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    job.write(("output", "two\n"))
    expect(log_of(page).get_by_role("time")).to_have_count(2)
    live = log_of(page).get_by_role("time").last.get_attribute("datetime")
    page.reload()
    expect(log_of(page).get_by_role("time")).to_have_count(2)
    assert log_of(page).get_by_role("time").last.get_attribute("datetime") == live
