"""The lines of a job's log: as the page shows them, and as the API's chunks make them."""

from __future__ import annotations

import re
from itertools import groupby

from playwright.sync_api import Locator, Page

from soulcaster.demo.product import Facts

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")

# The page draws only what is in sight: go through all of it, a piece at a time. Every row links to
# itself by the number of its line; a very long line goes on in rows of the same number.
_READ_ALL = """
async (log) => {
  const lines = [];
  const seen = new Set();
  const settled = () => new Promise(
    (done) => requestAnimationFrame(() => requestAnimationFrame(done))
  );
  const take = () => {
    for (const link of log.querySelectorAll('a[href^="#L"]')) {
      const number = Number(link.getAttribute("href").slice(2));
      if (!seen.has(number)) {
        seen.add(number);
        lines.push([number, link.nextElementSibling.textContent]);
      }
    }
  };
  log.scrollTop = 0;
  await settled();
  take();
  while (log.scrollTop + log.clientHeight < log.scrollHeight - 1) {
    log.scrollTop += log.clientHeight / 2;
    await settled();
    take();
  }
  return lines;
}
"""


def log_of(page: Page) -> Locator:
    """The part of the job's page that shows the log."""
    return page.get_by_role("log", name="Output")


def lines_in_sight(page: Page) -> list[tuple[int, str]]:
    """Number and text of the lines that are drawn now."""
    script = """(log) => [...log.querySelectorAll('a[href^="#L"]')].map(
      (link) => [Number(link.getAttribute("href").slice(2)), link.nextElementSibling.textContent]
    )"""
    return [(number, text) for number, text in log_of(page).evaluate(script)]


def all_lines(page: Page) -> list[tuple[int, str]]:
    """Number and text of every line, in the order in which a reader comes to them."""
    unfold = page.get_by_role("button", name="Unfold all")
    if unfold.is_visible():
        unfold.click()
    return [(number, text) for number, text in log_of(page).evaluate(_READ_ALL)]


def expected_lines(chunks: list[Facts]) -> list[tuple[int, str]]:
    """What the page has to show for these chunks. Two voices never share a line."""
    text = ""
    for _, voice in groupby(chunks, key=lambda chunk: chunk["stream"]):
        words = "".join(chunk["text"] for chunk in voice)
        text += words if words.endswith("\n") else f"{words}\n"
    plain = _ESCAPES.sub("", text).removesuffix("\n")
    return list(enumerate(plain.split("\n"), start=1))
