"""What a model sees of a repository: real files only, and never much at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clusters.planner.base import SourceFile
from clusters.planner.shelf import MOST_CHARACTERS, MOST_HITS, MOST_LINES, Shelf
from tests.clusters.planner.repository import FILES

SHELF = Shelf(FILES)
LARGE = Shelf([SourceFile(f"src/many/file{n}.py", "x = 'needle'\n" * 2_000) for n in range(500)])


def test_files_are_listed_below_a_folder() -> None:
    assert SHELF.list_files("tests/") == "tests/test_cart.py\ntests/test_mail.py"
    assert "src/shop/cart.py" in SHELF.list_files()


def test_lines_are_found_whatever_their_case() -> None:
    assert "src/shop/cart.py:11: def total_with_discount(self, coupon):" in SHELF.search(
        "TOTAL_with"
    )


def test_a_file_is_read_with_its_numbers() -> None:
    text = SHELF.read("src/shop/cart.py", 11, 12)
    assert text.startswith("   11      def total_with_discount")
    assert text.endswith("[src/shop/cart.py: lines 11 to 12 of 17]")


def test_definitions_are_found_by_name() -> None:
    assert SHELF.find_definitions("Cart.add_line") == "src/shop/cart.py:8: add_line"


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "src/shop/../../x", "src/shop", ""])
def test_what_is_no_file_of_the_repository_is_not_read(path: str) -> None:
    with pytest.raises(LookupError):
        SHELF.read(path)


def test_nothing_is_said_to_be_nothing() -> None:
    looks: list[Callable[[], str]] = [
        lambda: SHELF.search("x"),
        lambda: SHELF.search("a\nb"),
        lambda: SHELF.search("no such text"),
        lambda: SHELF.list_files("nowhere"),
        lambda: SHELF.find_definitions(" "),
        lambda: SHELF.find_definitions("nowhere"),
    ]
    for look in looks:
        with pytest.raises(LookupError):
            look()


def test_no_answer_is_long() -> None:
    assert len(LARGE.read("src/many/file1.py", 1, 10**9).split("\n")) <= MOST_LINES + 1
    assert LARGE.search("needle").count("needle") <= MOST_HITS
    for text in (LARGE.list_files(), LARGE.search("needle"), LARGE.read("src/many/file1.py")):
        assert len(text) <= MOST_CHARACTERS + 200


def test_odd_numbers_of_lines_do_no_harm() -> None:
    for first, last in ((-5, -9), (10**9, 1), (3, 2), (0, 0)):
        assert "[src/shop/mail.py: lines" in SHELF.read("src/shop/mail.py", first, last)
