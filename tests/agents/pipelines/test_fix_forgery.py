"""An agent owns the sandbox's home. Nothing that it leaves there may change a receipt."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.pipelines.base import ReceiptKind
from agents.runners.base import Listener, Task, Verdict
from agents.sandboxes.base import Sandbox
from tests.agents.pipelines.agents_of_tests import DONE, Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.projects import NEW_TEST, PRICE, TEST, TILL, commit

pytestmark = pytest.mark.slow

# Lets the new test pass, but only where the head is tested.
PLUGIN = b"""\
import os
import pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    outcome = yield
    if os.getcwd().endswith("/head"):
        outcome.force_result(True)
"""
# Corrects the code while git checks it out.
FILTER = b"""\
import sys
text = sys.stdin.read()
sys.stdout.write(text.replace("[cents // people] * people", "[cents] + [0] * (people - 1)"))
"""


def settings_beside_the_checkout(sandbox: Sandbox) -> None:
    sandbox.write(f"{sandbox.root}/checks/conftest.py", PLUGIN)
    sandbox.write(f"{sandbox.root}/checks/pytest.toml", b"[pytest]\n")


def settings_above_the_checkout(sandbox: Sandbox) -> None:
    sandbox.write(f"{sandbox.root}/conftest.py", PLUGIN)
    sandbox.write(f"{sandbox.root}/pytest.ini", b"[pytest]\n")


def plugin_of_the_user(sandbox: Sandbox) -> None:
    where = ["python3", "-c", "import site; print(site.getusersitepackages())"]
    packages = sandbox.run(where).text.strip()
    sandbox.write(f"{packages}/forger.py", PLUGIN)
    sandbox.write(
        f"{packages}/forger-1.dist-info/entry_points.txt", b"[pytest11]\nforger = forger\n"
    )
    sandbox.write(f"{packages}/forger-1.dist-info/METADATA", b"Name: forger\nVersion: 1\n")


def filter_of_git(sandbox: Sandbox) -> None:
    home = sandbox.root
    settings = f'[core]\nattributesFile = {home}/a\n[filter "f"]\nsmudge = python3 {home}/f.py\n'
    sandbox.write(f"{home}/.gitconfig", settings.encode())
    sandbox.write(f"{home}/a", b"*.py filter=f\n")
    sandbox.write(f"{home}/f.py", FILTER)


@pytest.mark.parametrize(
    "prepare",
    [
        settings_beside_the_checkout,
        settings_above_the_checkout,
        plugin_of_the_user,
        filter_of_git,
    ],
)
def test_nothing_outside_of_the_commit_makes_a_test_pass(
    bench: Bench, prepare: Callable[[Sandbox], None]
) -> None:
    def forge(task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        sandbox.write(f"{sandbox.repository}/{PRICE}", f"{TILL[PRICE]}# fixed\n".encode())
        sandbox.write(f"{sandbox.repository}/{TEST}", NEW_TEST.encode())
        prepare(sandbox)
        return DONE

    commit(bench.source, {}, remove="pyproject.toml")
    bench.change(rounds=1)
    bench.runner = Editor(forge)

    result = bench.run()

    assert result.outcome == "unverified", result.detail
    assert bench.memory.receipts[ReceiptKind.HEAD, 1].failing() == [
        "tests/test_price.py::test_no_cent_is_lost"
    ]
