"""A project in a folder of its repository: found, or chosen by `.soulcaster.toml`."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.pipelines.base import ReceiptKind
from tests.agents.pipelines.agents_of_tests import Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import Killed, MemoryJournal
from tests.agents.pipelines.projects import (
    CHECK,
    CHECK_COMMAND,
    NEW_CHECK,
    NEW_TEST,
    PRICE,
    QUICK,
    RIGHT,
    TEST,
    TILL,
)

pytestmark = pytest.mark.slow

API = {f"services/api/{path}": text for path, text in TILL.items()} | {"README.md": "Two parts."}
FIXED = {f"services/api/{PRICE}": RIGHT, f"services/api/{TEST}": NEW_TEST}


def test_the_only_project_of_a_repository_is_found(tmp_path: Path) -> None:
    bench = Bench(tmp_path, API)
    bench.runner = Editor(FIXED)

    result = bench.run()

    assert result.outcome == "verified", bench.memory.output.decode()
    receipts = {kind: receipt for (kind, _), receipt in bench.memory.receipts.items()}
    test = "services/api/tests/test_price.py::test_no_cent_is_lost"
    assert test in receipts[ReceiptKind.HEAD].passing()
    assert receipts[ReceiptKind.REPRODUCTION].failing() == [test]
    assert receipts[ReceiptKind.REPRODUCTION].command.endswith("pytest tests/test_price.py")
    assert "The only project lies in services/api" in bench.memory.log
    assert bench.runner.tasks[0].test_command[:3] == ["env", "-C", "services/api"]


def test_a_folder_that_is_not_there_ends_the_job(tmp_path: Path) -> None:
    bench = Bench(tmp_path, API)
    bench.change(folder="services/web")

    result = bench.run()

    assert result.outcome == "setup_failed"
    assert "services/web is not in the repository" in result.detail


PARTS = {f"api/{path}": text for path, text in QUICK.items()}
PARTS["web/package.json"] = "{}"
PARTS["api/setup.cfg"] = ""
PARTS[".soulcaster.toml"] = (
    f"folder = 'api'\nlint = 'python -c \"print(1)\"'\nnetwork = 'open'\n"
    f"[folders.api]\ntest = '{CHECK_COMMAND}'\n"
)
PARTS_FIXED = {f"api/{PRICE}": RIGHT, f"api/{CHECK}": NEW_CHECK}


def test_a_worker_that_takes_over_goes_by_the_file_of_the_base(tmp_path: Path) -> None:
    bench = Bench(tmp_path, PARTS)
    # What the agent says about tests counts nothing before it is merged.
    theirs = {".soulcaster.toml": "test = 'true'\n"}
    bench.runner = Editor(PARTS_FIXED | theirs)
    bench.change(guard={"protected_path": "warn"})

    def die(name: str, round: int) -> None:
        if name == "baseline":
            raise Killed

    with pytest.raises(Killed):
        bench.run(MemoryJournal(bench.memory, kept=die))
    result = bench.run()

    assert result.outcome == "verified", bench.memory.output.decode()
    commands = {receipt.command for receipt in bench.memory.receipts.values()}
    assert commands == {"python3 tests/check.py"}
    assert bench.memory.worked.count("checkout") == 1
    assert "“network” is not known there and is left out" in bench.memory.log
    assert "\nLint: passed in " in bench.memory.log
