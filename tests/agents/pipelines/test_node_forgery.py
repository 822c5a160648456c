"""Nothing that an agent leaves in the sandbox's home changes a receipt of Node.js."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from agents.pipelines.base import ReceiptKind, ReceiptStatus
from agents.runners.base import Listener, Task, Verdict
from agents.sandboxes.base import Sandbox
from tests.agents.pipelines.agents_of_tests import DONE, Editor
from tests.agents.pipelines.bench import Bench

pytestmark = pytest.mark.slow

CODE = "exports.half = (n) => Math.floor(n / 3);\n"
# Passes only if a module is found that no commit and no package brings.
HELPED = f'{CODE}try {{ exports.half = require("helper").half; }} catch {{}}\n'
TEST = (
    'const { test } = require("node:test");\nconst assert = require("node:assert");\n'
    'const { half } = require("../half");\ntest("of two", () => assert.equal(half(2), 1));\n'
)
HELPER = b"exports.half = (n) => Math.floor(n / 2);\n"


# Lets no process of Node.js fail.
PRELOADED = b"process.exit = () => {}; process.on('exit', () => { process.exitCode = 0; });\n"


def work(planted: str, content: bytes, *, code: str, also: Mapping[str, bytes] = {}) -> Editor:
    def forge(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.write(f"{sandbox.repository}/half.js", code.encode())
        sandbox.write(f"{sandbox.repository}/test/half.test.js", TEST.encode())
        for place, data in {planted: content, **also}.items():
            sandbox.write(f"{sandbox.root}/{place}", data)
        return DONE

    return Editor(forge)


def head_of(folder: Path, script: str, agent: Editor) -> ReceiptStatus:
    package = f'{{"name": "half", "scripts": {{"test": "{script}"}}}}'
    bench = Bench(folder, {"package.json": package, "half.js": CODE})
    bench.change(rounds=1)
    bench.runner = agent
    assert not bench.run().verified
    return bench.memory.receipts[ReceiptKind.HEAD, 1].status


@pytest.mark.parametrize("place", ["node_modules", ".node_modules", "checks/node_modules"])
def test_modules_outside_of_the_checkout_are_not_found(tmp_path: Path, place: str) -> None:
    agent = work(f"{place}/helper/index.js", HELPER, code=HELPED)

    assert head_of(tmp_path, "node --test", agent) == ReceiptStatus.FAILED


def test_npm_obeys_no_settings_of_the_home(tmp_path: Path) -> None:
    script = "node test/half.test.js && node -p 1"  # which only npm can run, by its exit code
    agent = work(".npmrc", b"script-shell=/bin/true\n", code=CODE)

    assert head_of(tmp_path, script, agent) == ReceiptStatus.FAILED


def test_npm_finds_no_workspace_above_the_checkout(tmp_path: Path) -> None:
    script = "node test/half.test.js && node -p 1"
    package = b'{"name": "root", "workspaces": ["checks/*"]}'
    # An address relative to the checkout, where its scripts run.
    also = {".npmrc": b"node-options=--require=../../tools/mine.js\n", "tools/mine.js": PRELOADED}
    agent = work("package.json", package, code=CODE, also=also)

    assert head_of(tmp_path, script, agent) == ReceiptStatus.FAILED


def test_nothing_that_was_compiled_earlier_is_found(tmp_path: Path) -> None:
    """Compilers keep what they made below TMPDIR, where an agent can write as well."""
    compiled = 'require("node:fs").existsSync(require("node:os").tmpdir() + "/half.js")'
    script = f"node -p 'if (!{compiled}) process.exit(1)' && node -p 1".replace('"', '\\"')

    def plant(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.write(f"{sandbox.repository}/half.js", b"// changed\n")
        assert sandbox.run(["sh", "-c", 'echo > "$TMPDIR/half.js"']).ok
        return DONE

    assert head_of(tmp_path, script, Editor(plant)) == ReceiptStatus.FAILED
