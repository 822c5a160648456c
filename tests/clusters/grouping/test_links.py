from __future__ import annotations

import pytest

from clusters.grouping.links import Link, links, plain_url


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Duplicate of #12", [Link(number=12, certain=True)]),
        ("dupe of #12, I think", [Link(number=12, certain=True)]),
        ("This was already reported in #44.", [Link(number=44, certain=True)]),
        ("Same as https://example.com/o/n/issues/3?x=1.", [
            Link(url="https://example.com/o/n/issues/3", certain=True)
        ]),
        ("See #12 and #13", [Link(number=12), Link(number=13)]),
        ("SHOP-1A2 again", [Link(short="SHOP-1A2")]),
        ("This is not #12, and unlike #13", []),
        ("`color: #333` and ```\n#12\n```", []),
        ("abc#12, 5#3, #12-a and &#12; are no issues", []),
    ],
)  # fmt: skip
def test_what_a_text_refers_to(text: str, found: list[Link]) -> None:
    assert links(text) == found


def test_very_long_text_is_no_problem() -> None:
    assert len(links("#12 " * 100_000)) == 1
    assert links("A" * 1_000_000 + "-B" * 100_000) == []
    assert links("`" * 100_000) == []


def test_an_address_leads_to_the_same_place_without_its_end() -> None:
    assert plain_url("https://a.b/c/?d=e#f") == "https://a.b/c"
