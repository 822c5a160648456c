"""What setup made is the same in every run of tests, whatever an agent does to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from agents.pipelines import made
from agents.pipelines.base import ReceiptKind, ReceiptStatus
from agents.runners.base import Listener, Task, Verdict
from agents.sandboxes.base import Sandbox, SandboxSpec
from agents.sandboxes.local import LocalProvider
from tests.agents.pipelines.agents_of_tests import DONE, Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.projects import git

pytestmark = pytest.mark.slow


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = LocalProvider(tmp_path).create(SandboxSpec(label="test"))
    sandbox.write(f"{sandbox.repository}/node_modules/a/index.js", b"1")
    sandbox.write(f"{sandbox.repository}/-odd name\n", b"2")
    sandbox.write(f"{sandbox.root}/venv/bin/python", b"3", mode=0o755)
    yield sandbox
    sandbox.close()


def test_it_comes_back_as_it_was(sandbox: Sandbox) -> None:
    kept = made.keep(sandbox, ["node_modules/", "-odd name\n"])
    sandbox.write(f"{sandbox.repository}/node_modules/a/index.js", b"changed")
    sandbox.write(f"{sandbox.root}/venv/lib/planted.pth", b"import os")
    sandbox.write(f"{sandbox.root}/check/mine.js", b"")

    made.put_back(sandbox, kept, f"{sandbox.root}/check", fresh=False)

    assert sandbox.read(f"{sandbox.root}/check/node_modules/a/index.js") == b"1"
    assert sandbox.read(f"{sandbox.root}/check/-odd name\n") == b"2"
    assert sandbox.run(["test", "-x", f"{sandbox.root}/venv/bin/python"]).ok
    assert not sandbox.run(["test", "-e", f"{sandbox.root}/venv/lib/planted.pth"]).ok


@pytest.mark.parametrize("name", ["_shop.pth", "__editable___shop_0_1_finder.py"])
def test_what_was_installed_from_the_repository_is_the_checkout(
    sandbox: Sandbox, name: str
) -> None:
    noted = f"{sandbox.root}/venv/lib/python3.11/site-packages/{name}"
    sandbox.write(noted, f"{{'shop': '{sandbox.repository}/python/shop'}}\n".encode())
    kept = made.keep(sandbox, [])

    made.put_back(sandbox, kept, f"{sandbox.root}/checks/head", fresh=False)

    assert sandbox.read(noted).decode() == f"{{'shop': '{sandbox.root}/checks/head/python/shop'}}\n"


def test_what_setup_left_in_the_home_comes_back(sandbox: Sandbox) -> None:
    sandbox.write(f"{sandbox.root}/.npmrc", b"a=1\n")
    sandbox.write(f"{sandbox.root}/.config/tool/settings", b"b=2\n")
    kept = made.keep(sandbox, [])
    sandbox.write(f"{sandbox.root}/.npmrc", b"a=9\n")
    sandbox.write(f"{sandbox.root}/.config/tool/more", b"c=3\n")

    made.put_back(sandbox, kept, f"{sandbox.root}/check", fresh=False)

    assert sandbox.read(f"{sandbox.root}/.npmrc") == b"a=1\n"
    assert sandbox.read(f"{sandbox.root}/.config/tool/settings") == b"b=2\n"
    assert not sandbox.run(["test", "-e", f"{sandbox.root}/.config/tool/more"]).ok


def test_what_cannot_be_emptied_is_removed_all_the_same(sandbox: Sandbox) -> None:
    kept = made.keep(sandbox, [])
    sandbox.run(["chmod", "-R", "a-w", f"{sandbox.root}/venv"])

    made.put_back(sandbox, kept, sandbox.root, fresh=False)

    assert sandbox.read(f"{sandbox.root}/venv/bin/python") == b"3"


def test_files_of_the_commit_stay(sandbox: Sandbox) -> None:
    kept = made.keep(sandbox, ["node_modules/"])
    sandbox.write(f"{sandbox.root}/check/node_modules/a/index.js", b"of the commit")

    made.put_back(sandbox, kept, f"{sandbox.root}/check", fresh=True)

    assert sandbox.read(f"{sandbox.root}/check/node_modules/a/index.js") == b"of the commit"


@pytest.mark.parametrize("name", ["repository.tar", "home.tar"])
def test_a_package_that_was_changed_is_never_unpacked(sandbox: Sandbox, name: str) -> None:
    kept = made.keep(sandbox, ["node_modules/"])
    sandbox.write(f"{sandbox.root}/made/{name}", b"another")

    with pytest.raises(made.Changed, match="was changed after setup"):
        made.put_back(sandbox, kept, f"{sandbox.root}/check", fresh=False)


def test_a_package_that_is_gone_is_a_changed_one(sandbox: Sandbox) -> None:
    kept = made.keep(sandbox, ["node_modules/"])
    sandbox.run(["rm", "-r", f"{sandbox.root}/made"])

    with pytest.raises(made.Changed):
        made.put_back(sandbox, kept, f"{sandbox.root}/check", fresh=False)


RATE = "exports.rate = 2;\n"
# The tax of a price is missing; what a rate is, an installed package knows.
FILES: Mapping[str, str] = {
    "package.json": '{"name": "tax", "scripts": {"test": "node --test"}}',
    "vendor/rate/index.js": RATE,
    "setup.sh": "cp -r vendor node_modules\nmkdir -p 'a [b]'\necho made > 'a [b]/c#'\necho ' ' >> package.json\n",
    "src/tax.js": 'const { rate } = require("rate");\nexports.tax = (cents) => cents * (rate - 2);\n',
    "test/tax.test.js": (
        'const { test } = require("node:test");\nconst assert = require("node:assert");\n'
        'const { tax } = require("../src/tax");\n'
        'test("no price has no tax", () => assert.equal(tax(0), 0));\n'
    ),
}
NEW_TEST = FILES["test/tax.test.js"] + 'test("a price has one", () => assert.equal(tax(5), 5));\n'


def fix(folder: Path, *, tamper: str, content: bytes) -> Bench:
    def forge(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.write(f"{sandbox.repository}/test/tax.test.js", NEW_TEST.encode())
        sandbox.write(f"{sandbox.root}/{tamper}", content)
        return DONE

    bench = Bench(folder, FILES)
    bench.change(rounds=1, setup_command="sh setup.sh")
    bench.runner = Editor(forge)
    return bench


def test_an_agent_proves_nothing_by_changing_an_installed_package(tmp_path: Path) -> None:
    package = "repo/node_modules/rate/index.js"
    bench = fix(tmp_path, tamper=package, content=b"exports.rate = 3;\n")

    result = bench.run()

    head = bench.memory.receipts[ReceiptKind.HEAD, 1]
    assert (result.outcome, head.status) == ("unverified", ReceiptStatus.FAILED), head.note
    assert head.failing() == ["test/tax.test.js::a price has one"]
    changed = git(
        bench.home / "repository.git", "show", "--name-only", "--format=", result.head_sha
    )
    assert changed.split() == ["test/tax.test.js"]
    assert "which were put back: package.json." in bench.memory.log


def test_an_agent_that_changes_what_was_kept_ends_without_a_proof(tmp_path: Path) -> None:
    bench = fix(tmp_path, tamper="made/repository.tar", content=b"")

    result = bench.run()

    head = bench.memory.receipts[ReceiptKind.HEAD, 1]
    assert (result.outcome, head.status) == ("unverified", ReceiptStatus.ERROR)
    assert "What setup installed was changed" in head.note
