from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from agents.pipelines.frameworks import node
from agents.pipelines.frameworks.base import ReportError
from agents.pipelines.frameworks.node import Node

PLACE = "/box/work/checks/head"
needs_node = pytest.mark.skipif(
    shutil.which("node") is None, reason="install Node.js to run its own test runner"
)


def line(**test: object) -> bytes:
    fields = {"file": f"{PLACE}/test/a.js", "names": ["a"], "outcome": "passed"} | test
    return json.dumps(fields).encode() + b"\n"


def test_a_file_without_tests_is_a_test_itself() -> None:
    passed, failed = Node().read(
        line(names=[f"{PLACE}/test/a.js"])
        + line(file=f"{PLACE}/b.js", names=["b.js"], outcome="failed"),
        PLACE,
    )

    assert (passed.id, passed.outcome) == ("test/a.js", "passed")
    assert (failed.id, failed.outcome) == ("b.js", "error")


@pytest.mark.parametrize("data", [b"{", b"[]\n", line(outcome="great"), line(names="a"), b"\xff"])
def test_hostile_files_are_refused(data: bytes) -> None:
    with pytest.raises(ReportError, match="not what its reporter writes"):
        Node().read(data, PLACE)


def test_too_many_lines_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "MAX_TESTS", 1)

    with pytest.raises(ReportError, match="more than 1 tests"):
        Node().read(line() + line(names=["b"]), PLACE)


SUITE = """
const { before, describe, it, test } = require("node:test");
const assert = require("node:assert");
test("alone", () => {});
describe("outer", () => {
  it("works > [x]", () => {});
  it.skip("later", () => {});
  describe("inner", () => { it("fails", () => assert.equal(1, 2)); });
});
test("parent", async (t) => { await t.test("child", () => {}); });
test("wanted", { todo: true }, () => {});
"""


@needs_node
@pytest.mark.slow
def test_its_reporter_names_files_and_suites(tmp_path: Path) -> None:
    (tmp_path / "a.test.js").write_text(SUITE)
    (tmp_path / "b.test.js").write_text("require('./nothing');")
    reporter = Path(node.__file__).with_name("node_reporter.mjs")
    out = tmp_path / "out.jsonl"

    subprocess.run(
        ["node", "--test", f"--test-reporter={reporter}", f"--test-reporter-destination={out}"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        env={"PATH": str(Path(shutil.which("node") or "").parent)},
    )

    found = Node().read(out.read_bytes(), str(tmp_path))
    assert {test.id: test.outcome for test in found} == {
        "a.test.js::alone": "passed",
        "a.test.js::outer > works > [x]": "passed",
        "a.test.js::outer > later": "skipped",
        "a.test.js::outer > inner > fails": "failed",
        "a.test.js::parent": "passed",
        "a.test.js::parent > child": "passed",
        "a.test.js::wanted": "skipped",
        "b.test.js": "error",
    }
    (failing,) = [test for test in found if test.outcome == "failed"]
    assert "1 == 2" in failing.message
