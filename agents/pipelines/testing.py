"""Runs the tests of one checkout and writes down what happened."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.pipelines import junit, toolbox
from agents.pipelines.base import (
    Artifact,
    Journal,
    ReceiptDraft,
    ReceiptKind,
    ReceiptStatus,
    TestCase,
)
from agents.pipelines.commands import Command, Ended, watch
from agents.sandboxes.base import Network, Sandbox, SandboxError

# What pytest's exit codes mean: https://docs.pytest.org/en/stable/reference/exit-codes.html
_USAGE_ERROR, _NO_TESTS = 4, 5
_REPORTING = (
    "-p",
    "no:cacheprovider",
    "-o",
    "junit_family=xunit1",
    "--color=yes",
    # One module that cannot be imported must not hide what the others show.
    "--continue-on-collection-errors",
)


@dataclass(frozen=True, slots=True)
class TestPlan:
    """How the tests of this project are run.

    `argv` starts them; `pytest` says that single tests can be chosen and counted. `toolbox` is
    whether the platform brings pytest. `made` are the files that setup left in the repository,
    which a clean checkout needs, too. `ignore_addopts` drops the options of the project's
    pytest settings, for projects whose plugins are not installed. `user_site` is whether setup
    installed packages into the sandbox's home, which tests otherwise do not read.
    """

    __test__ = False

    argv: Sequence[str] = ()
    pytest: bool = False
    toolbox: bool = True
    source_roots: Sequence[str] = field(default_factory=lambda: [""])
    made: Sequence[str] = ()
    ignore_addopts: bool = False
    user_site: bool = False


@dataclass(frozen=True, slots=True)
class TestRun:
    """One run of tests: of `commit`, which is checked out at `folder` of the sandbox.

    `selectors` are files to run besides those that the command names, which runs all when
    nobody names any; `timeout` is in seconds.
    """

    __test__ = False

    kind: ReceiptKind
    commit: str
    folder: str
    timeout: float
    round: int = 1
    selectors: Sequence[str] = ()


def run_tests(sandbox: Sandbox, journal: Journal, plan: TestPlan, run: TestRun) -> ReceiptDraft:
    """Run the tests without network, output into the log; the report is kept as an artifact."""
    if not plan.argv:
        return _receipt(plan, run, ReceiptStatus.NO_TESTS, note=NOTHING_TO_RUN)
    if plan.toolbox and plan.pytest:
        toolbox.install(sandbox)
    # Outside of the checkout, by a name that nobody inside could have prepared.
    report = f"{run.folder}-{secrets.token_hex(8)}.xml"
    command = Command(
        name=f"{run.kind}-{run.round}",
        argv=_argv(plan, run, report),
        cwd=run.folder,
        timeout=run.timeout,
        env=environment(sandbox, plan, run.folder),
        network=Network.NONE,
    )
    ended = watch(sandbox, journal, command)
    if not plan.pytest:
        return _by_exit_code(plan, run, ended)
    return _by_report(plan, run, ended, _keep(sandbox, journal, run, report))


NOTHING_TO_RUN = (
    "No tests were found: the project has none that are known here, and no test command is set."
)


def refuses_options(receipt: ReceiptDraft) -> bool:
    """Whether pytest did not start because of its options: a plugin may be missing."""
    return receipt.status == ReceiptStatus.ERROR and receipt.exit_code == _USAGE_ERROR


def command_of(plan: TestPlan, selectors: Sequence[str] = ()) -> list[str]:
    """The command as a person would type it: without what only concerns the report."""
    python = ["python"] if plan.argv and plan.argv[0].endswith("/venv/bin/python") else []
    shown = [*python, *plan.argv[1:]] if python else list(plan.argv)
    return [*shown, *_addopts(plan), *selectors]


def agent_command(plan: TestPlan) -> list[str]:
    """The command for the agent, which runs it in its repository."""
    return [*plan.argv, *_addopts(plan)]


def _addopts(plan: TestPlan) -> list[str]:
    return ["-o", "addopts="] if plan.ignore_addopts else []


def _argv(plan: TestPlan, run: TestRun, report: str) -> list[str]:
    if not plan.pytest:
        return list(plan.argv)
    options = [*_REPORTING, f"--junitxml={report}", f"--rootdir={run.folder}"]
    return [*agent_command(plan), *options, *_named(run.selectors)]


def _named(selectors: Sequence[str]) -> list[str]:
    # A file may be called "-x.py"; below "./" no name is an option.
    return [f"./{selector}" for selector in selectors]


def environment(sandbox: Sandbox, plan: TestPlan, folder: str) -> dict[str, str]:
    """What the tests of a checkout need in their environment."""
    own = [toolbox.folder_in(sandbox)] if plan.toolbox and plan.pytest else []
    roots = [f"{folder}/{root}" if root else folder for root in plan.source_roots]
    # An agent can write to the home, and what lies there could change every outcome.
    alone = {} if plan.user_site else {"PYTHONNOUSERSITE": "1"}
    return {
        **alone,
        "PYTHONPATH": ":".join([*own, *roots]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
    }


def _keep(sandbox: Sandbox, journal: Journal, run: TestRun, report: str) -> bytes | None:
    try:
        data = sandbox.read(report, limit=junit.MAX_BYTES)
    except SandboxError:
        return None  # pytest broke before it wrote a report; the exit code says more
    name = f"{run.kind}-{run.round}.xml"
    journal.artifact(Artifact("junit", name, "application/xml", data))
    return data


def _by_exit_code(plan: TestPlan, run: TestRun, ended: Ended) -> ReceiptDraft:
    note = "The test command tells no single tests: its exit code is all that counts here."
    if ended.reason == "timeout":
        return _timed_out(plan, run, ended)
    if ended.reason != "exited" or ended.exit_code is None:
        return _receipt(plan, run, ReceiptStatus.ERROR, ended, note=_broke(ended))
    if ended.exit_code in (126, 127):
        return _receipt(plan, run, ReceiptStatus.ERROR, ended, note=_broke(ended))
    status = ReceiptStatus.PASSED if ended.exit_code == 0 else ReceiptStatus.FAILED
    return _receipt(plan, run, status, ended, note=note)


def _by_report(plan: TestPlan, run: TestRun, ended: Ended, data: bytes | None) -> ReceiptDraft:
    if ended.reason == "timeout":
        return _timed_out(plan, run, ended)
    if ended.exit_code == _NO_TESTS:
        note = "No tests were found: pytest collected none."
        return _receipt(plan, run, ReceiptStatus.NO_TESTS, ended, note=note)
    if data is None or ended.reason != "exited":
        return _receipt(plan, run, ReceiptStatus.ERROR, ended, note=_broke(ended))
    try:
        tests = junit.parse(data)
    except junit.JunitError as error:
        return _receipt(plan, run, ReceiptStatus.ERROR, ended, note=str(error))
    status, note = _counted(ended, tests)
    return _receipt(plan, run, status, ended, tests=tests, note=note)


def _counted(ended: Ended, tests: Sequence[TestCase]) -> tuple[ReceiptStatus, str]:
    failing = [test for test in tests if test.outcome in {"failed", "error"}]
    if failing and all("::" not in test.id for test in tests):
        return ReceiptStatus.ERROR, f"No test could be loaded: {failing[0].id} is broken."
    if failing:
        return ReceiptStatus.FAILED, ""
    if ended.exit_code == 0:
        return ReceiptStatus.PASSED, ""
    return ReceiptStatus.ERROR, f"No test failed, but {_broke(ended)[0].lower()}{_broke(ended)[1:]}"


def _broke(ended: Ended) -> str:
    how = f"with {ended.exit_code}" if ended.exit_code is not None else f"early ({ended.reason})"
    said = f": {ended.last_line}" if ended.last_line else "."
    return f"The test command ended {how}{said}"


def _timed_out(plan: TestPlan, run: TestRun, ended: Ended) -> ReceiptDraft:
    note = f"The tests did not end within {run.timeout:g} seconds."
    return _receipt(plan, run, ReceiptStatus.TIMED_OUT, ended, note=note)


def _receipt(
    plan: TestPlan,
    run: TestRun,
    status: ReceiptStatus,
    ended: Ended | None = None,
    *,
    tests: Sequence[TestCase] = (),
    note: str = "",
) -> ReceiptDraft:
    return ReceiptDraft(
        kind=run.kind,
        status=status,
        command=shlex.join(command_of(plan, run.selectors)) if plan.argv else "",
        commit=run.commit,
        exit_code=ended.exit_code if ended else None,
        seconds=ended.seconds if ended else 0.0,
        tests=tests,
        round=run.round,
        note=note,
    )
