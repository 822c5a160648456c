"""What keeps people out of a page, found by axe: WCAG 2.1, levels A and AA."""

from __future__ import annotations

from importlib.resources import files

from playwright.sync_api import Page

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


def barriers(page: Page) -> str:
    """A line for each element that breaks a rule; '' when there is none.

    The script comes in by the debugger's way, so that the page's CSP stays as it is.
    """
    axe = files("axe_playwright_python").joinpath("axe.min.js")
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, rules)", _RULES)
    return "\n".join(
        f"{each['id']}: {node['html'][:160]} {node['failureSummary'].splitlines()[-1].strip()}"
        for each in found["violations"]
        for node in each["nodes"]
    )
