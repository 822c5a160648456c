"""What a fix counts as a proof, on real projects in real sandboxes."""

from __future__ import annotations

import pytest

from agents.pipelines.base import ReceiptKind, ReceiptStatus
from agents.runners.base import Listener, Task, Verdict
from agents.sandboxes.base import Sandbox
from clusters.forges.base import PullState
from tests.agents.pipelines.agents_of_tests import DONE, Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.projects import (
    CHECK,
    NEW_CHECK,
    NEW_TEST,
    OTHER_DEFECT,
    PRICE,
    RIGHT,
    TEST,
    TILL,
    WRONG,
    commit,
)

pytestmark = pytest.mark.slow

FIXED = {PRICE: RIGHT, TEST: NEW_TEST}
QUICKLY_FIXED = {PRICE: RIGHT, CHECK: NEW_CHECK}


def test_a_project_without_tests_gets_a_draft_that_says_so(bench: Bench) -> None:
    commit(bench.source, {}, remove=TEST)
    bench.runner = Editor({PRICE: RIGHT})

    result = bench.run()

    pull = bench.only_pull()
    assert (result.outcome, pull.draft, pull.state) == ("no_tests", True, PullState.OPEN)
    assert pull.head_sha == result.head_sha
    assert "Not verified: there are no tests" in pull.body
    assert "No tests were found" in bench.memory.receipts[ReceiptKind.BASELINE, 1].note


def test_a_change_with_another_defect_stays_a_draft_that_says_why(bench: Bench) -> None:
    bench.change(rounds=2)
    bench.runner = Editor({PRICE: OTHER_DEFECT, TEST: NEW_TEST}, {"notes.txt": "Still the same."})

    result = bench.run()

    pull = bench.only_pull()
    assert (result.outcome, result.verified, pull.draft) == ("unverified", False, True)
    assert pull.head_sha == result.head_sha
    assert "\n**Not verified.** With the change there are failures in 1 test" in pull.body
    assert "tests/test\\_price" not in pull.body
    assert "`tests/test_price.py::test_label`: passed → failed" in pull.body
    assert "## Changed outside of the plan\n\n- `notes.txt`" in pull.body


def test_a_change_without_a_test_is_not_proven(bench: Bench) -> None:
    bench.change(rounds=1)
    bench.runner = Editor({PRICE: RIGHT})

    result = bench.run()

    assert (result.outcome, bench.only_pull().draft) == ("unverified", True)
    assert "adds no test" in result.detail
    assert "There is no reproduction" in bench.only_pull().body


def test_a_test_that_passes_on_the_old_code_proves_nothing(bench: Bench) -> None:
    bench.change(rounds=1)
    bench.runner = Editor(
        {PRICE: RIGHT, TEST: TILL[TEST] + "\n\ndef test_true():\n    assert True\n"}
    )

    result = bench.run()

    assert result.outcome == "unverified"
    assert "pass on the old code, too" in result.detail


def test_removing_a_test_proves_nothing(bench: Bench) -> None:
    bench.change(rounds=1)
    without_label = NEW_TEST.replace("def test_label", "def unused_label")
    bench.runner = Editor({PRICE: OTHER_DEFECT, TEST: without_label})

    result = bench.run()

    assert result.outcome == "unverified"
    assert (
        "no longer runs 1 test that passed before: tests/test_price.py::test_label" in result.detail
    )


def test_a_test_that_failed_before_and_passes_now_is_the_proof(bench: Bench) -> None:
    commit(bench.source, {TEST: NEW_TEST})
    bench.runner = Editor({PRICE: RIGHT})

    result = bench.run()

    assert result.outcome == "verified", result.detail
    assert bench.memory.receipts[ReceiptKind.BASELINE, 1].failing() == [
        "tests/test_price.py::test_no_cent_is_lost"
    ]


def test_a_failing_test_that_is_silenced_by_settings_is_no_proof(bench: Bench) -> None:
    commit(bench.source, {TEST: NEW_TEST})
    bench.change(rounds=1)
    silencer = (
        "import pytest\n\n\n@pytest.hookimpl(hookwrapper=True)\n"
        "def pytest_pyfunc_call(pyfuncitem):\n"
        "    outcome = yield\n    outcome.force_result(True)\n"
    )
    bench.runner = Editor({"conftest.py": silencer})

    result = bench.run()

    assert result.outcome == "unverified", result.detail


def test_a_tampered_repository_cannot_fake_a_receipt(bench: Bench) -> None:
    """Files that git does not know, and a pytest of the agent's own, change no receipt."""

    def tamper(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        repository = sandbox.repository
        sandbox.write(f"{repository}/{PRICE}", WRONG.encode())
        sandbox.write(f"{repository}/.git/info/exclude", b"sitecustomize.py\n")
        sandbox.write(f"{repository}/sitecustomize.py", b"raise SystemExit(0)\n")
        sandbox.write(f"{sandbox.root}/toolbox/pytest/__init__.py", b"raise SystemExit(0)\n")
        return DONE

    bench.change(rounds=1)
    bench.runner = Editor(tamper)

    result = bench.run()

    assert result.outcome == "unverified"
    assert bench.memory.receipts[ReceiptKind.HEAD, 1].failing() == [
        "tests/test_price.py::test_even_share"
    ]


def test_options_of_plugins_that_are_not_there_are_left_out(bench: Bench) -> None:
    commit(bench.source, {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--cov=till'\n"})
    bench.runner = Editor(FIXED)

    result = bench.run()

    assert result.outcome == "verified", result.detail
    assert bench.memory.receipts[ReceiptKind.HEAD, 1].command == "python3 -m pytest -o addopts="


def test_a_test_command_of_its_own_counts_by_its_exit_code(quick: Bench) -> None:
    quick.runner = Editor({PRICE: RIGHT, CHECK: NEW_CHECK})

    result = quick.run()

    assert result.outcome == "verified", result.detail
    assert "the command fails on the old code" in result.detail
    statuses = [receipt.status for receipt in quick.memory.receipts.values()]
    assert statuses == [ReceiptStatus.PASSED, ReceiptStatus.PASSED, ReceiptStatus.FAILED]


def test_what_the_setup_command_makes_is_there_for_the_tests_and_not_in_the_change(
    quick: Bench,
) -> None:
    files = {
        "make.py": "open('till/built.py', 'w').write('RATE = 1')\n",
        "till/__init__.py": "from till.built import RATE\n",
        ".gitignore": "till/built.py\n",
    }
    commit(quick.source, files)
    quick.change(setup_command="python make.py")
    quick.runner = Editor(QUICKLY_FIXED)

    result = quick.run()

    assert result.outcome == "verified", result.detail
    assert {file.path for file in quick.forge.changed(quick.only_pull().number)} == set(
        QUICKLY_FIXED
    )


def test_packages_that_the_setup_command_installs_for_its_user_are_there(quick: Bench) -> None:
    files = {
        "make.py": (
            "import pathlib, site\n"
            "packages = pathlib.Path(site.getusersitepackages())\n"
            "packages.mkdir(parents=True)\n"
            "(packages / 'rates.py').write_text('RATE = 1')\n"
        ),
        "till/__init__.py": "from rates import RATE\n",
    }
    commit(quick.source, files)
    quick.change(setup_command="python make.py")
    quick.runner = Editor(QUICKLY_FIXED)

    result = quick.run()

    assert result.outcome == "verified", result.detail
