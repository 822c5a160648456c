"""How tests are run and counted, in a real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from agents.pipelines.base import ReceiptDraft, ReceiptKind, ReceiptStatus
from agents.pipelines.testing import TestPlan, TestRun, refuses_options, run_tests
from agents.sandboxes.base import Sandbox, SandboxSpec
from agents.sandboxes.local import LocalProvider
from tests.agents.pipelines.journal import Memory, MemoryJournal

pytestmark = pytest.mark.slow

PYTEST = TestPlan(argv=["python3", "-m", "pytest"], framework="pytest")


class Project:
    """A folder of files in a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.folder = f"{sandbox.root}/project"
        self.memory = Memory()

    def write(self, path: str, text: str) -> None:
        self.sandbox.write(f"{self.folder}/{path}", text.encode())

    def run(
        self, plan: TestPlan = PYTEST, *, timeout: float = 60.0, selectors: list[str] | None = None
    ) -> ReceiptDraft:
        run = TestRun(ReceiptKind.HEAD, "c" * 40, self.folder, timeout, selectors=selectors or [])
        return run_tests(self.sandbox, MemoryJournal(self.memory), plan, run)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> LocalProvider:
    return LocalProvider(tmp_path_factory.mktemp("sandboxes"))


@pytest.fixture
def project(provider: LocalProvider) -> Iterator[Project]:
    sandbox = provider.create(SandboxSpec(label="test"))
    yield Project(sandbox)
    sandbox.close()


def test_every_kind_of_outcome_is_counted(project: Project) -> None:
    project.write(
        "tests/test_a.py",
        "import unittest\nimport pytest\n\n"
        "class TestB(unittest.TestCase):\n"
        "    def test_passes(self): pass\n"
        "    def test_fails(self): self.assertEqual(1, 2)\n"
        "@pytest.mark.skip\ndef test_skipped(): pass\n"
        "@pytest.fixture\ndef broken(): raise ValueError('no')\n"
        "def test_error(broken): pass\n"
        "@pytest.mark.parametrize('x', ['a-b', 'c/d'])\ndef test_many(x): pass\n",
    )

    receipt = project.run()

    assert {test.id: test.outcome for test in receipt.tests} == {
        "tests/test_a.py::TestB::test_fails": "failed",
        "tests/test_a.py::TestB::test_passes": "passed",
        "tests/test_a.py::test_skipped": "skipped",
        "tests/test_a.py::test_error": "error",
        "tests/test_a.py::test_many[a-b]": "passed",
        "tests/test_a.py::test_many[c/d]": "passed",
    }
    assert (receipt.status, receipt.exit_code) == (ReceiptStatus.FAILED, 1)
    assert b"AssertionError" in project.memory.output


def test_a_module_that_cannot_be_loaded_hides_no_other(project: Project) -> None:
    project.write("tests/test_a.py", "import nothing_like_this\n")
    project.write("tests/test_b.py", "def test_b(): pass\n")

    receipt = project.run()

    assert receipt.status == ReceiptStatus.FAILED
    assert receipt.passing() == ["tests/test_b.py::test_b"]
    assert receipt.failing() == ["tests/test_a.py"]


def test_when_nothing_can_be_loaded_the_run_is_broken(project: Project) -> None:
    project.write("tests/test_a.py", "import nothing_like_this\n")

    receipt = project.run()

    assert receipt.status == ReceiptStatus.ERROR
    assert receipt.note == "No test could be loaded: tests/test_a.py is broken."


def test_no_tests_are_told_in_a_sentence(project: Project) -> None:
    project.write("README.md", "Nothing here\n")

    receipt = project.run()

    assert (receipt.status, receipt.exit_code) == (ReceiptStatus.NO_TESTS, 5)
    assert receipt.note == "No tests were found: pytest collected none."


def test_without_a_command_nothing_runs(project: Project) -> None:
    receipt = project.run(TestPlan())

    assert (receipt.status, receipt.command) == (ReceiptStatus.NO_TESTS, "")
    assert receipt.note.startswith("No tests were found")


def test_only_the_selected_files_run_even_with_names_like_options(project: Project) -> None:
    project.write("test_a.py", "def test_a(): pass\n")
    project.write("-x/test_b.py", "def test_b(): pass\n")

    receipt = project.run(selectors=["-x/test_b.py"])

    assert receipt.passing() == ["-x/test_b.py::test_b"]
    assert receipt.command == "python3 -m pytest -x/test_b.py"


def test_tests_reach_no_network(project: Project) -> None:
    project.write(
        "test_a.py",
        "import socket\nimport pytest\n\n"
        "def test_a():\n"
        "    with pytest.raises(OSError):\n"
        "        socket.create_connection(('192.0.2.1', 80), timeout=5)\n",
    )

    assert project.run().status == ReceiptStatus.PASSED


def test_a_run_that_dies_is_broken(project: Project) -> None:
    project.write("test_a.py", "import os\n\ndef test_a():\n    os._exit(0)\n")

    receipt = project.run()

    assert receipt.status == ReceiptStatus.ERROR


def test_a_plugin_that_is_not_there_is_recognised(project: Project) -> None:
    project.write("pytest.ini", "[pytest]\naddopts = --cov=app\n")
    project.write("test_a.py", "def test_a(): pass\n")

    assert refuses_options(project.run())
    assert project.run(replace(PYTEST, ignore_addopts=True)).status == ReceiptStatus.PASSED


def test_a_command_that_is_not_there_is_broken(project: Project) -> None:
    project.write("README.md", "")

    receipt = project.run(TestPlan(argv=["no-such-command"]))

    assert receipt.status == ReceiptStatus.ERROR
