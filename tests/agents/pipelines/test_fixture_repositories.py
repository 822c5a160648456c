"""Receipts of small repositories in Python, JavaScript and TypeScript, in real sandboxes.

Those that install packages come from the registry, so they have the mark `sdist`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from agents.pipelines.base import ReceiptDraft, ReceiptKind, ReceiptStatus
from agents.pipelines.fix import Tools, run_fix
from agents.sandboxes.base import Reach
from tests.agents.pipelines.agents_of_tests import Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import MemoryJournal
from tests.fixtures.repositories import files

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

_SETUP = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "PIP_CERT")


@dataclass(frozen=True)
class Repository:
    """What its receipts have to say. Ids are of tests; `broken` fails with the wrong change."""

    name: str
    before: Sequence[str]
    new: str
    broken: str
    command: str
    reach: Reach = Reach.NONE
    installed: bool = False

    def bench(self, folder: Path, version: str) -> Bench:
        bench = Bench(folder, files(self.name))
        bench.change(rounds=1, setup_network=self.reach)
        bench.runner = Editor(files(self.name, version))
        return bench


PYTEST = Repository(
    "python-pytest",
    before=[
        "tests/test_till.py::test_even_share",
        "tests/test_till.py::test_label[5-0.05]",
        "tests/test_till.py::test_label[1205-12.05]",
    ],
    new="tests/test_till.py::test_no_cent_is_lost",
    broken="tests/test_till.py::test_label[5-0.05]",
    command="python3 -m pytest",
)
UNITTEST = Repository(
    "python-unittest",
    before=[
        "stock/tests.py::ShelfTests::test_it_holds_what_was_put",
        "stock/tests.py::ShelfTests::test_it_is_empty_at_first",
    ],
    new="stock/tests.py::ShelfTests::test_it_adds_what_is_put_later",
    broken="stock/tests.py::ShelfTests::test_it_is_empty_at_first",
    command="python3 -m pytest -o 'python_files=tests.py *_tests.py'",
)
NODE = Repository(
    "javascript-node",
    before=[
        "test/slug.test.js::slug > joins two words",
        "test/slug.test.js::title > begins with a capital letter",
    ],
    new="test/slug.test.js::slug > joins [many] words",
    broken="test/slug.test.js::title > begins with a capital letter",
    command="node --test",
)
MOCHA = Repository(
    "javascript-mocha",
    before=[
        "test/queue.spec.js::Queue > gives back what it holds",
        "test/queue.spec.js::Queue > knows its length",
    ],
    new="test/queue.spec.js::Queue with two items > serves whoever came first",
    broken="test/queue.spec.js::Queue > knows its length",
    command="./node_modules/.bin/mocha --recursive 'test/**/*.spec.js'",
    reach=Reach.OPEN,
    installed=True,
)
VITEST = Repository(
    "typescript-vitest",
    before=["src/price.test.ts::format > shows cents", "src/price.test.ts::adds"],
    new="src/price.test.ts::format > shows few cents with a zero",
    broken="src/price.test.ts::adds",
    command="./node_modules/.bin/vitest run",
    reach=Reach.OPEN,
    installed=True,
)
LOADER = Repository(
    "typescript-node",
    before=[
        "packages/dates/test/leap.test.ts::every fourth year",
        "packages/dates/test/leap.test.ts::days of a common year",
    ],
    new="packages/dates/test/century.test.ts::a century is common",
    broken="packages/dates/test/leap.test.ts::days of a common year",
    command="node --import tsx --test 'test/**/*.test.ts'",
    reach=Reach.OPEN,
    installed=True,
)
ALL = [PYTEST, UNITTEST, NODE, MOCHA, VITEST, LOADER]


def _marked(repository: Repository) -> object:
    marks = [pytest.mark.sdist] if repository.installed else []
    return pytest.param(repository, id=repository.name, marks=marks)


every_repository = pytest.mark.parametrize("repository", [_marked(each) for each in ALL])


@pytest.fixture(autouse=True)
def _with_node(repository: Repository) -> None:
    if not repository.name.startswith("python") and shutil.which("node", path="/usr/bin") is None:
        pytest.skip("Node.js is not where sandboxes of this machine look: install it below /usr")


def receipts(bench: Bench) -> dict[str, ReceiptDraft]:
    scratch = bench.folder / "scratch"
    scratch.mkdir()
    setup = {name: os.environ[name] for name in _SETUP if name in os.environ}
    tools = Tools(bench.forge, bench.sandboxes, bench.runner, scratch, setup)
    run_fix(bench.context(), tools, MemoryJournal(bench.memory))
    return {kind: receipt for (kind, _), receipt in bench.memory.receipts.items()}


@every_repository
def test_the_right_correction_is_proven(repository: Repository, tmp_path: Path) -> None:
    bench = repository.bench(tmp_path, "right")

    found = receipts(bench)

    baseline, head = found[ReceiptKind.BASELINE], found[ReceiptKind.HEAD]
    reproduction = found[ReceiptKind.REPRODUCTION]
    said = f"{bench.memory.log}\n{bench.memory.output.decode()}"
    assert baseline.status == ReceiptStatus.PASSED, said
    assert sorted(baseline.passing()) == sorted(repository.before)
    assert baseline.command == repository.command
    assert head.status == ReceiptStatus.PASSED
    assert sorted(head.passing()) == sorted([*repository.before, repository.new])
    assert reproduction.status == ReceiptStatus.FAILED, reproduction.note
    assert reproduction.failing() == [repository.new]
    assert reproduction.commit == bench.base
    assert bench.left_over() == []


@every_repository
def test_the_wrong_correction_is_not(repository: Repository, tmp_path: Path) -> None:
    bench = repository.bench(tmp_path, "wrong")

    found = receipts(bench)

    head = found[ReceiptKind.HEAD]
    assert head.status == ReceiptStatus.FAILED
    assert repository.broken in head.failing()
    assert repository.broken in found[ReceiptKind.BASELINE].passing()
