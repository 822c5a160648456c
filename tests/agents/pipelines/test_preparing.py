"""The setup step with a virtual environment, from a wheel that the project carries along."""

from __future__ import annotations

import io
import zipfile

import pytest

from agents.pipelines.base import ReceiptKind, ReceiptStatus
from agents.pipelines.fix import Tools, run_fix
from agents.sandboxes.base import Reach
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import MemoryJournal
from tests.agents.pipelines.projects import PRICE, git

pytestmark = pytest.mark.slow

WHEEL = "vendor/rate-1.0-py3-none-any.whl"


def wheel() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("rate.py", "RATE = 2\n")
        archive.writestr(
            "rate-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: rate\nVersion: 1.0\n"
        )
        archive.writestr(
            "rate-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("rate-1.0.dist-info/RECORD", "")
    return buffer.getvalue()


def test_dependencies_are_installed_and_what_fails_is_said(bench: Bench) -> None:
    (bench.source / "vendor").mkdir()
    (bench.source / WHEEL).write_bytes(wheel())
    (bench.source / "requirements.txt").write_text(f"./{WHEEL}\n")
    (bench.source / "requirements-dev.txt").write_text("there-is-no-such-package-anywhere\n")
    (bench.source / PRICE).write_text(
        "from rate import RATE\n" + (bench.source / PRICE).read_text()
    )
    git(bench.source, "add", "--all")
    git(bench.source, "commit", "-q", "-m", "Use a library")
    bench.change(setup_network=Reach.OPEN)
    scratch = bench.folder / "scratch"
    scratch.mkdir()
    tools = Tools(bench.forge, bench.sandboxes, None, scratch, {"PIP_NO_INDEX": "1"})

    result = run_fix(bench.context(), tools, MemoryJournal(bench.memory))

    assert result.outcome == "no_model", bench.memory.output.decode()
    assert bench.memory.receipts[ReceiptKind.BASELINE, 1].status == ReceiptStatus.PASSED
    assert bench.memory.receipts[ReceiptKind.BASELINE, 1].command == "python -m pytest"
    assert "pip could not install requirements-dev.txt" in bench.memory.log
    assert "the platform brings it" in bench.memory.log
