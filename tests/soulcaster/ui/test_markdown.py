from __future__ import annotations

import pytest

from soulcaster.ui.markdown import LIMIT, render


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://evil.example/pixel.png)",
        '<https://a.example/?"onmouseover=alert(1)>',
        "| a |\n|:-:|\n| b |",
        '```"><script>\nx\n```',
    ],
)
def test_a_strangers_markdown_does_nothing(text: str) -> None:
    html = render(text)
    for danger in (
        "<script",
        "<img",
        "onerror=alert(1)>",
        'href="javascript',
        'href="data',
        "style=",
        ' onmouseover="',
    ):
        assert danger not in html


def test_what_people_write_is_rendered() -> None:
    html = render(
        "## Proof\n\n| test | after |\n|---|---|\n| `a::b` | passed |\n\n- [receipts](/jobs/1/)"
    )
    assert "<h2>Proof</h2>" in html
    assert "<td><code>a::b</code></td>" in html
    assert '<a href="/jobs/1/">receipts</a>' in html


def test_links_to_elsewhere_hand_nothing_on() -> None:
    assert 'rel="nofollow noopener noreferrer"' in render("[x](https://example.org/)")


def test_very_long_texts_are_cut() -> None:
    assert len(render("x" * (LIMIT * 2))) < LIMIT * 1.1
