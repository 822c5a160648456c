"""What speaks for a file, whatever the language."""

from __future__ import annotations

import pytest

from clusters.planner.base import ClusterEvidence, Evidence, SourceFile
from clusters.planner.clues import read_clues
from clusters.planner.evidence import EvidencePlanner
from clusters.planner.paths import kind_of, language_of, subject_of
from clusters.planner.ranking import rank, signals_of
from clusters.planner.signals import Signals


def cluster(title: str, body: str) -> ClusterEvidence:
    return ClusterEvidence(title, "", [Evidence(1, "github", title, body)])


def signals(files: list[SourceFile], title: str, body: str) -> dict[str, Signals]:
    found, _ = signals_of(files, read_clues(cluster(title, body)))
    return {one.facts.path: one for one in found}


def test_a_long_file_is_judged_by_its_best_part() -> None:
    fitting = "def rotate_log(path):\n    '''Rotate the log when the disk is full.'''\n"
    other = "\n".join(f"def unrelated_{n}(value):\n    return value * {n}" for n in range(400))
    thin = "# rotate\n" + "\n".join(f"x{n} = {n}" for n in range(30)) + "\n# log\n# disk\n"
    found = signals(
        [SourceFile("src/long.py", f"{other}\n{fitting}"), SourceFile("src/thin.py", thin)],
        "Rotate the log",
        "It fails to rotate a log when the disk is full.",
    )
    assert found["src/long.py"].part == found["src/long.py"].part_title == 1
    assert found["src/thin.py"].part < 1
    assert found["src/long.py"].words < found["src/thin.py"].words


def test_a_definition_far_down_a_large_file_is_found() -> None:
    filler = "# nothing to see\n" * 10_000
    found = signals(
        [SourceFile("src/huge.py", f"{filler}\ndef histogram():\n    pass\n")],
        "histogram is wrong",
        "",
    )
    assert found["src/huge.py"].title_symbols == 1


def test_tests_speak_for_the_file_that_they_are_named_after() -> None:
    found = signals(
        [
            SourceFile("web/cart.ts", "export const a = 1;"),
            SourceFile("web/mail.ts", "export const b = 1;"),
            SourceFile("web/cart.spec.ts", "it('takes the coupon off the total', () => {})"),
        ],
        "coupon",
        "The coupon is not taken off the total.",
    )
    assert found["web/cart.ts"].tests == 1
    assert found["web/cart.ts"].tested_by == "web/cart.spec.ts"
    assert found["web/mail.ts"].tests == 0


def test_a_language_that_is_hardly_used_speaks_against_a_file() -> None:
    files = [SourceFile(f"src/m{n}.ts", "coupon") for n in range(3)]
    found = signals(
        [*files, SourceFile("src/m.tsx", "coupon"), SourceFile("tools/gen.py", "coupon")],
        "coupon",
        "",
    )
    assert found["src/m.tsx"].other_language == found["src/m0.ts"].other_language == 0
    assert found["tools/gen.py"].other_language == 0.75


def test_words_of_excerpts_are_told_from_prose() -> None:
    clues = read_clues(cluster("t", "The invoice.\n```\nledger.book()\n```\nSee `quota`."))
    assert {"ledger", "book", "quota"} <= clues.code_words.keys()
    assert "invoic" not in clues.code_words
    assert clues.code_words.keys() <= clues.words.keys()


@pytest.mark.parametrize(
    ("path", "text", "how", "reason"),
    [
        ("tests/test_cart.py", "pass", "named", "Named after `src/shop/cart.py`"),
        ("tests/test_all.py", "from shop.cart import Cart\n", "imports", "Imports `cart`"),
        ("tests/test_all.py", "from shop import cart\n", "imports", "Imports `cart`"),
        ("tests/all.test.js", "const c = require('../cart')\n", "imports", "Imports `cart`"),
        ("tests/test_all.py", "assert total_due() == 1\n", "uses", "Uses `total_due`, which"),
    ],
)
def test_tests_that_cover_a_candidate_say_how(path: str, text: str, how: str, reason: str) -> None:
    files = [
        SourceFile("src/shop/cart.py", "def total_due():\n    return 1\n"),
        SourceFile("src/shop/mail.py", "def send():\n    return 1\n"),
        SourceFile(path, f"{text}\n# total\n"),
        SourceFile("tests/test_mail.py", "def test_send():\n    assert send()\n# total\n"),
    ]
    reports = cluster("Wrong total", "`total_due()` is wrong: the total.")
    _, tests = rank(files, read_clues(reports))
    assert tests[0].cover is not None
    assert (tests[0].path, tests[0].cover.how) == (path, how)
    assert EvidencePlanner().draft(reports, files).tests[0].reason.startswith(reason)


def test_an_import_of_a_namesake_in_another_folder_is_no_cover() -> None:
    files = [
        SourceFile("src/shop/base.py", "def total_due():\n    return 1\n"),
        SourceFile("src/mail/base.py", "def send():\n    return 1\n"),
        SourceFile("tests/test_letters.py", "from mail.base import send\n# total\n"),
    ]
    _, tests = rank(files, read_clues(cluster("Wrong total", "`total_due()` is wrong.")))
    assert [test.cover for test in tests] == [None]


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        ("tests/test_cart.py", "cart"),
        ("cart_test.go", "cart"),
        ("web/cart.spec.ts", "cart"),
        ("web/Cart.test.jsx", "cart"),
        ("src/test/java/CartTest.java", "cart"),
        ("spec/cart_spec.rb", "cart"),
    ],
)
def test_what_a_test_is_named_after(path: str, subject: str) -> None:
    assert subject_of(path) == subject


def test_examples_under_any_name_are_documentation() -> None:
    assert kind_of("lib/mpl_examples/hist.py") == kind_of("asv_bench/io.py") == "docs"
    assert kind_of("src/examples_reader.py") == "code"


def test_languages_that_mix_in_one_project_are_one() -> None:
    assert language_of("a.tsx") == language_of("b/c.mjs")
    assert language_of("a.go") != language_of("a.rs")
