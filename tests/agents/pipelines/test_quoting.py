from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.pipelines.quoting import code, harmless, plain, prose, quoted, title

GAP = "\u200b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ask @mona", f"ask @{GAP}mona"),
        ("see #12 and GH-12", f"see #{GAP}12 and GH-{GAP}12"),
        ("Fixes #12", f"F{GAP}ixes #{GAP}12"),
        ("closes: owner/name#12", f"c{GAP}loses: owner/name#{GAP}12"),
        (
            "resolves https://github.com/a/b/issues/12",
            f"r{GAP}esolves https:{GAP}//github.com/a/b/issues/12",
        ),
        ("www.example.com", f"www{GAP}.example.com"),
        ("a#b, C# and 5 > 4", "a#b, C# and 5 > 4"),
    ],
)
def test_words_that_have_an_effect_lose_it(text: str, shown: str) -> None:
    assert harmless(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("&#64;mona", f"&amp;#{GAP}64;mona"),
        ("[click](javascript:x)", "\\[click\\](javascript:x)"),
        ("# heading", "\\# heading"),
        ("1. list", "1\\. list"),
        ("- list", "\\- list"),
        ("`code` *bold* _it_ snake_case", "\\`code\\` \\*bold\\* \\_it\\_ snake_case"),
        ("two\nlines", "two lines"),
        ("right\u202eleft\x00", "rightleft"),
    ],
)
def test_markdown_means_nothing(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_names_in_prose_stay_code_and_the_rest_means_nothing() -> None:
    assert prose("Look at `saving` in *coupons*.") == "Look at `saving` in \\*coupons\\*."
    assert "[" in prose("`[x](http://evil.example)`")
    assert prose("one ` alone") == "one \\` alone"


def test_a_quote_stays_a_quote() -> None:
    assert quoted("one\n\n# two\n> three") == "> one  \n> \\# two  \n> &gt; three  "
    assert len(quoted("long " * 1_000, limit=100)) < 120


def test_code_is_fenced_whatever_it_holds() -> None:
    assert code("a b") == "`a b`"
    assert code("a `b` c") == "``a `b` c``"
    assert code("`a`") == "`` `a` ``"
    assert code("two\nlines") == "`two lines`"
    assert code("fixes #1") == f"`f{GAP}ixes #1`"
    assert code("") == ""


def test_a_title_is_one_line_and_never_empty() -> None:
    assert title("Fixes #1\n@mona") == f"F{GAP}ixes #{GAP}1 @{GAP}mona"
    assert title(" \n") == "Fix"
    assert len(title("x" * 500)) == 120


@given(st.text())
def test_no_text_gets_through(text: str) -> None:
    shown = plain(text)

    assert "\n" not in shown
    assert "<" not in shown
    assert not re.search(r"@\w|#\d|://|(?i:www\.)", shown)
