from __future__ import annotations

import pytest

from clusters.planner.base import ClusterEvidence, Evidence
from clusters.planner.bm25 import bm25
from clusters.planner.clues import read_clues
from clusters.planner.commands import test_commands as commands
from clusters.planner.identifiers import terms
from clusters.planner.paths import kind_of, module_of, name_of
from clusters.planner.scan import definitions


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/shop/cart.py", "code"),
        ("app/views/cart.html.erb", "code"),
        ("src/testing_tools.py", "code"),
        ("tests/test_cart.py", "test"),
        ("src/cart.test.ts", "test"),
        ("pkg/cart_test.go", "test"),
        ("src/main/CartTest.java", "test"),
        ("spec/cart_spec.rb", "test"),
        ("docs/conf.py", "docs"),
        ("README.md", "docs"),
        ("pyproject.toml", "config"),
        ("setup.py", "config"),
        ("node_modules/x/index.js", "skip"),
        ("static/app.min.js", "skip"),
        ("logo.png", "skip"),
    ],
)
def test_a_path_tells_the_kind(path: str, kind: str) -> None:
    assert kind_of(path) == kind


def test_a_path_has_a_module_and_a_name() -> None:
    assert module_of("src/shop/cart.py") == "src.shop.cart"
    assert name_of("src/shop/__init__.py") == "shop"
    assert name_of("Makefile") == "Makefile"


@pytest.mark.parametrize("code", ["applyCoupon", "apply_coupons", "ApplyCoupon", "APPLY_COUPON"])
def test_identifiers_meet_the_words_of_prose(code: str) -> None:
    assert {"apply", "coupon"} <= terms(code).keys()
    assert {"apply", "coupon"} <= terms("Applying the coupons").keys()


def test_rare_words_count_more_than_frequent_ones() -> None:
    documents = [{"coupon": 1, "total": 1}, {"total": 3}, {"total": 2}]
    scores = bm25(documents, [10, 10, 10], {"coupon": 1.0, "total": 1.0})
    assert scores[0] == 1.0
    assert max(scores[1:]) < 0.5
    assert bm25([], [], {"coupon": 1.0}) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("class Cart:\n    pass", "Cart"),
        ("    async def total(self):", "total"),
        ("export default function total() {", "total"),
        ("export const total = (cart) => cart", "total"),
        ("func (c *Cart) Total() int {", "Total"),
        ("pub(crate) async fn total() {", "total"),
        ("public final class Cart {", "Cart"),
    ],
)
def test_definitions_of_many_languages_are_found(text: str, name: str) -> None:
    assert [found for found, _ in definitions(text)] == [name]


def clues(body: str) -> object:
    return read_clues(ClusterEvidence("", "", [Evidence(1, "api", "", body)]))


@pytest.mark.parametrize(
    ("trace", "path", "line", "function"),
    [
        ('File "/srv/shop/cart.py", line 7, in total', "srv/shop/cart.py", 7, "total"),
        ("at Cart.total (app/cart.js:7:3)", "app/cart.js", 7, "total"),
        ("\tat com.shop.Cart.total(Cart.java:7)", "Cart.java", 7, "total"),
        ("cart.rb:7:in `total'", "cart.rb", 7, "total"),
        ("\t./pkg/cart.go:7 +0x1d", "pkg/cart.go", 7, ""),
    ],
)
def test_stack_frames_of_many_languages_are_read(
    trace: str, path: str, line: int, function: str
) -> None:
    found = read_clues(ClusterEvidence("", "", [Evidence(1, "api", "", trace)]))
    (frame,) = found.frames
    assert (frame.path, frame.line, frame.function, frame.item) == (path, line, function, 1)
    assert found.paths == {}


def test_the_failing_line_is_the_last_of_python_and_the_first_of_others() -> None:
    python = 'File "a.py", line 1, in a\nFile "b.py", line 2, in b'
    other = "at b (b.js:2:1)\nat a (a.js:1:1)"
    for trace in (python, other):
        found = read_clues(ClusterEvidence("", "", [Evidence(1, "api", "", trace)]))
        assert [frame.path[0] for frame in found.frames] == ["b", "a"]


def test_names_and_paths_are_told_from_prose() -> None:
    body = "See `redeem`, applyCoupon and total_price() in src/cart.py, not e.g. this. Since 1.2."
    found = read_clues(ClusterEvidence("", "", [Evidence(5, "api", "", body)]))
    assert {"redeem", "applyCoupon", "total_price"} <= found.names.keys()
    assert found.paths == {"src/cart.py": [5]}


def test_the_comments_of_an_issue_template_are_not_read() -> None:
    found = read_clues(
        ClusterEvidence("", "", [Evidence(1, "api", "", "<!-- see conduct.md --> Coupon")])
    )
    assert set(found.words) == {"coupon"}


def test_test_commands_follow_the_repository() -> None:
    assert commands({"package.json": '{"scripts": {"test": "jest"}}'}, []) == ["npm test"]
    assert commands({"package.json": "[["}, []) == []
    assert commands({"go.mod": ""}, ["a_test.go"]) == ["go test ./..."]
    assert commands({}, ["tests/test_a.py"]) == [
        "python -m pytest tests/test_a.py",
        "python -m pytest",
    ]
