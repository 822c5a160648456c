"""New tests are run although the project's test command names other files."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agents.pipelines.base import ReceiptKind
from agents.pipelines.named_tests import LONGEST_PATTERN, MOST_PATTERNS, left_out, resolved
from tests.agents.pipelines.agents_of_tests import Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.projects import PRICE, RIGHT

PATHS = ["setup.cfg", "till/price.py", "tests/test_old.py", "tests/unit/test_new.py", "test_top.py"]
CHANGED = ["tests/unit/test_new.py"]
PYTEST = ["python3", "-m", "pytest"]


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        ([], []),
        (["tests/test_old.py"], ["tests/unit/test_new.py"]),
        (["tests/test_old.py::test_one"], ["tests/unit/test_new.py"]),
        (["tests/unit/test_new.py::test_one"], ["tests/unit/test_new.py"]),
        (["./tests/unit/"], []),
        (["tests"], []),
        (["."], []),
        (["tests/test_old.py", "tests/unit/test_new.py"], []),
        (["-c", "setup.cfg"], []),
        (["--ignore=tests/test_old.py"], []),
        (["--ignore", "tests"], []),
        (["nowhere/test_old.py"], []),
    ],
)
def test_what_the_command_leaves_out(words: Sequence[str], missing: list[str]) -> None:
    assert left_out([*PYTEST, *words], PATHS, CHANGED) == missing


SCRIPTS = ["a.test.js", "test/b.test.ts", "test/deep/er/c.test.ts", "src/d.ts"]


@pytest.mark.parametrize(
    ("word", "files"),
    [
        ("test/*.test.ts", ["./test/b.test.ts"]),
        ("test/**/*.test.ts", ["./test/b.test.ts", "./test/deep/er/c.test.ts"]),
        ("./**/*.test.{js,ts}", ["./a.test.js", "./test/b.test.ts", "./test/deep/er/c.test.ts"]),
        ("?.test.js", ["./a.test.js"]),
        ("nothing/*.js", ["nothing/*.js"]),
        ("a.test.js", ["a.test.js"]),
        ("--exclude=*.js", ["--exclude=*.js"]),
        ("(*+.js", ["(*+.js"]),
    ],
)
def test_patterns_become_the_files_of_a_commit(word: str, files: Sequence[str]) -> None:
    assert resolved(["node", "--test", word], SCRIPTS) == ["node", "--test", *files]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("word", "path"),
    [
        ("**/" * 40 + "z.js", "a/" * 200 + "a.js"),
        ("*a" * 40 + "z", "a" * 250),
        ("**a" * 40 + "z", "a/" * 400),
    ],
)
def test_no_pattern_takes_for_ever(word: str, path: str) -> None:
    assert resolved(["node", "--test", word], [path] * 20) == ["node", "--test", word]


def test_patterns_are_limited() -> None:
    words = ["*.js"] * MOST_PATTERNS

    assert resolved([*words, "*.js"], ["a.js"]) == ["./a.js"] * MOST_PATTERNS + ["*.js"]
    assert resolved(["*" * LONGEST_PATTERN + "s"], ["a.js"]) == ["*" * LONGEST_PATTERN + "s"]


def test_a_new_file_of_tests_is_the_proof(bench: Bench) -> None:
    bench.change(test_command="pytest tests/test_price.py")
    test = (
        "from till.price import share\n\n\n"
        "def test_no_cent_is_lost():\n    assert sum(share(100, 3)) == 100\n"
    )
    bench.runner = Editor({PRICE: RIGHT, "tests/test_cents.py": test})

    result = bench.run()

    assert result.outcome == "verified", result.detail
    commands = {kind: receipt.command for (kind, _), receipt in bench.memory.receipts.items()}
    assert commands[ReceiptKind.BASELINE].endswith("pytest tests/test_price.py")
    assert commands[ReceiptKind.HEAD].endswith("tests/test_price.py tests/test_cents.py")
