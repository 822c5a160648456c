"""The repository that is corrected, and what people say about it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.bin.repositories import commit_all

WRONG = (
    "def total(cents):\n    return sum(cents) - 1\n\n\ndef count(cents):\n    return len(cents)\n"
)
RIGHT = WRONG.replace(" - 1", "")
TITLE = "The total is wrong"
REPORT = "With three apples, total() of the till is one cent too low."
_TEST = "from till import {name}\n\n\ndef test_{name}():\n    assert {name}([1, 2, 3]) == {value}\n"
TEST = _TEST.format(name="total", value=6)


def make(folder: Path) -> Path:
    """A bare repository below `folder`."""
    source = folder / "source"
    source.mkdir(parents=True)
    (source / "till.py").write_text(WRONG)
    (source / "test_count.py").write_text(_TEST.format(name="count", value=3))
    commit_all(source)
    bare = folder / "till.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(source), str(bare)], check=True)
    return bare
