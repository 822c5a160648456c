"""Runs the tests of one checkout and writes down what happened."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace

from agents.pipelines.base import Artifact, Journal, ReceiptDraft, ReceiptStatus, TestCase
from agents.pipelines.commands import Command, Ended, begun, watch
from agents.pipelines.frameworks.base import MAX_BYTES, Framework, ReportError
from agents.pipelines.named_tests import resolved
from agents.pipelines.plans import (
    TestPlan,
    TestRun,
    agent_command,
    command_of,
    environment,
    plain_command,
    with_programs,
)
from agents.sandboxes.base import Network, Sandbox, SandboxError

__all__ = [
    "TestPlan",
    "TestRun",
    "agent_command",
    "command_of",
    "environment",
    "failed_to_run",
    "refuses_options",
    "run_tests",
    "were_begun",
]

# What pytest's exit codes mean: https://docs.pytest.org/en/stable/reference/exit-codes.html
_USAGE_ERROR, _NO_TESTS = 4, 5
_REPORT = "junit"  # the kind of artifact


def run_tests(
    sandbox: Sandbox,
    journal: Journal,
    plan: TestPlan,
    run: TestRun,
    check_out: Callable[[], None] | None = None,
) -> ReceiptDraft:
    """Run the tests without network, output into the log; the report is kept as an artifact.

    `check_out` makes the folder first, unless an earlier worker began these tests: then they are
    taken up as they are. What it raises, this raises.
    """
    if not plan.argv:
        if check_out is not None:
            check_out()  # others want to look at it
        return _receipt(plan, run, ReceiptStatus.NO_TESTS, note=NOTHING_TO_RUN)
    counts = plan.counts
    if counts is None:
        argv = with_programs(sandbox, plan, plan.place(run.folder), plain_command(plan))
        ended = watch(sandbox, journal, _command(sandbox, plan, run, argv), check_out)
        return _by_exit_code(plan, run, ended)
    earlier = begun(sandbox, journal, _name(plan.ignore_addopts, run))
    # Outside of the checkout, by a name that nobody inside could have prepared.
    report = earlier.note if earlier else f"{run.folder}-{secrets.token_hex(8)}{counts.suffix}"
    words = resolved(plain_command(plan), run.paths) if plan.has_patterns else plain_command(plan)
    argv = counts.argv(words, report, plan.place(run.folder), sandbox)
    chosen = counts.selected(argv, [*filter(None, map(plan.inside, run.selectors))])
    command = replace(_command(sandbox, plan, run, chosen), note=report)
    if not counts.reports:
        command = replace(command, kept=MAX_BYTES)
    ended = watch(sandbox, journal, command, check_out)
    kept = journal.kept(_REPORT, _file(counts, run)) if earlier else b""
    data = kept or _report(sandbox, journal, counts, run, ended, report)
    return _by_report(plan, run, ended, data)


NOTHING_TO_RUN = (
    "No tests were found: the project has none that are known here, and no test command is set."
)


def refuses_options(receipt: ReceiptDraft) -> bool:
    """Whether pytest did not start because of its options: a plugin may be missing."""
    return receipt.status == ReceiptStatus.ERROR and receipt.exit_code == _USAGE_ERROR


def were_begun(sandbox: Sandbox, journal: Journal, run: TestRun) -> bool:
    """Whether these tests have run in this sandbox before, to their end or not."""
    names = [_name(ignores, run) for ignores in (False, True)]
    return any(begun(sandbox, journal, name) for name in names)


def failed_to_run(plan: TestPlan, run: TestRun, why: str) -> ReceiptDraft:
    """The receipt of tests that could not be started."""
    return _receipt(plan, run, ReceiptStatus.ERROR, note=why)


def _name(ignores_options: bool, run: TestRun) -> str:
    return f"{run.kind}-{run.round}{'-plain' if ignores_options else ''}"


def _file(counts: Framework, run: TestRun) -> str:
    return f"{run.kind}-{run.round}{counts.suffix}"


def _command(sandbox: Sandbox, plan: TestPlan, run: TestRun, argv: Sequence[str]) -> Command:
    return Command(
        name=_name(plan.ignore_addopts, run),
        argv=argv,
        cwd=plan.place(run.folder),
        timeout=run.timeout,
        env=environment(sandbox, plan, run.folder),
        network=Network.NONE,
    )


def _report(
    sandbox: Sandbox, journal: Journal, counts: Framework, run: TestRun, ended: Ended, path: str
) -> bytes | None:
    try:
        data = sandbox.read(path, limit=MAX_BYTES) if counts.reports else ended.tail.encode()
    except SandboxError:
        return None  # it broke before it wrote a report; the exit code says more
    journal.artifact(Artifact(_REPORT, _file(counts, run), counts.media_type, data))
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
    if plan.pytest and ended.exit_code == _NO_TESTS:
        note = "No tests were found: pytest collected none."
        return _receipt(plan, run, ReceiptStatus.NO_TESTS, ended, note=note)
    if ended.reason == "exited" and _says_none(plan, ended):
        note = f"No tests were found: {plan.framework} said so."
        return _receipt(plan, run, ReceiptStatus.NO_TESTS, ended, note=note)
    if data is None or ended.reason != "exited":
        return _receipt(plan, run, ReceiptStatus.ERROR, ended, note=_broke(ended))
    try:
        tests = _read(plan, run, data)
    except ReportError as error:
        return _receipt(plan, run, ReceiptStatus.ERROR, ended, note=str(error))
    status, note = _counted(ended, tests)
    return _receipt(plan, run, status, ended, tests=tests, note=note)


def _says_none(plan: TestPlan, ended: Ended) -> bool:
    words = plan.counts.no_tests if plan.counts else ()
    return ended.exit_code != 0 and any(word in ended.tail for word in words)


def _read(plan: TestPlan, run: TestRun, data: bytes) -> list[TestCase]:
    assert plan.counts is not None
    tests = plan.counts.read(data, plan.place(run.folder), plan.module)
    return [replace(test, id=plan.outside(test.id)) for test in tests]


def _counted(ended: Ended, tests: Sequence[TestCase]) -> tuple[ReceiptStatus, str]:
    failing = [test for test in tests if test.outcome in {"failed", "error"}]
    if failing and all("::" not in test.id for test in tests):
        return ReceiptStatus.ERROR, f"No test could be loaded: {failing[0].id} is broken."
    if failing:
        return ReceiptStatus.FAILED, ""
    if ended.exit_code != 0:
        how = _broke(ended)
        return ReceiptStatus.ERROR, f"No test failed, but {how[0].lower()}{how[1:]}"
    if not tests:
        return ReceiptStatus.NO_TESTS, "No tests were found: the report names none."
    return ReceiptStatus.PASSED, ""


def _broke(ended: Ended) -> str:
    if ended.over_limit:
        return ended.over_limit
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
