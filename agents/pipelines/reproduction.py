"""The reproduction: tests that pass with the change must fail on the old code.

The head's tests are put over the base's code. Their settings go along, so that a change of
settings that hides a failure is seen to hide it on the old code, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from agents.pipelines.base import ReceiptDraft, ReceiptKind, ReceiptStatus
from agents.pipelines.checkouts import clean_checkout
from agents.pipelines.made import Changed
from agents.pipelines.records import Baseline
from agents.pipelines.run import FixRun
from agents.pipelines.test_files import file_of, is_of, is_test_path, serves_tests
from agents.pipelines.testing import TestPlan, TestRun, run_tests
from clusters.forges.mirrors import ChangedFile

MAX_TEST_FILE = 8 << 20
NO_TEST_CHANGED = "The change adds no test, so nothing shows the defect on the old code."
NOT_RUN = "They were not run on the old code, because they do not run with the change."
_CANNOT_RUN = {ReceiptStatus.TIMED_OUT, ReceiptStatus.ERROR, ReceiptStatus.NO_TESTS}


@dataclass(frozen=True, slots=True)
class Selection:
    """What to run on the old code; `files` is empty for everything.

    `telling` are the tests whose failure counts: they pass on the head, and are new or changed,
    or failed on the base before.
    """

    files: Sequence[str]
    telling: frozenset[str]


def reproduce(run: FixRun, baseline: Baseline, head: ReceiptDraft, round: int) -> ReceiptDraft:
    """The receipt of the head's tests on the base's code."""
    if head.status in _CANNOT_RUN:
        return _not_run(run, round, NOT_RUN)
    files = [file for file in run.mirror.changed(run.base, head.commit) if file.status != "deleted"]
    plan = baseline.plan
    selection = select([file.path for file in files], baseline.receipt, head, plan.takes)
    if selection is None:
        return _not_run(run, round, NO_TEST_CHANGED)
    tests = TestRun(
        ReceiptKind.REPRODUCTION,
        run.base,
        f"{run.sandbox.root}/checks/{ReceiptKind.REPRODUCTION}",
        timeout=run.settings.test_timeout,
        round=round,
        selectors=selection.files if plan.counts else (),
        paths=_paths(run, plan, files) if plan.has_patterns else (),
    )
    check_out = partial(_old_code_with_new_tests, run, plan, head.commit, files)
    try:
        receipt = run_tests(run.sandbox, run.journal, plan, tests, check_out)
    except Changed as error:
        return _not_run(run, round, str(error), ReceiptStatus.ERROR)
    return judged(receipt, selection.telling) if plan.counts else by_exit_code(receipt)


def select(
    changed: Sequence[str],
    baseline: ReceiptDraft,
    head: ReceiptDraft,
    takes: Callable[[str], bool],
) -> Selection | None:
    """What tells the old code from the new, or None when nothing can.

    `changed` are the paths that the head added or changed; `takes` says which of them may hold
    tests that were counted. When only data of tests changed, every test may be about it.
    """
    passing = head.passing()
    failed_before = set(baseline.failing())
    fixed = {test for test in passing if test in failed_before}
    touched = [path for path in changed if is_test_path(path)]
    known = [*passing, *head.failing()]
    modules = {path for path in touched if takes(path) and any(is_of(test, path) for test in known)}
    only_counted = baseline.status == ReceiptStatus.FAILED and not baseline.tests
    if not touched and not fixed and not only_counted:
        return None
    if (touched and not modules) or only_counted:
        return Selection([], frozenset(passing))
    told = fixed | {test for test in passing if any(is_of(test, path) for path in modules)}
    return Selection(sorted(modules | {file_of(test) for test in fixed}), frozenset(told))


def judged(receipt: ReceiptDraft, telling: frozenset[str]) -> ReceiptDraft:
    """The receipt with the status of a reproduction: failed exactly if a telling test fails."""
    if receipt.status in {ReceiptStatus.TIMED_OUT, ReceiptStatus.NO_TESTS}:
        return receipt
    failing = [test for test in receipt.failing() if test in telling]
    if failing:
        note = f"{_of_them(len(failing))} on the old code."
        return replace(receipt, status=ReceiptStatus.FAILED, note=note)
    if receipt.status == ReceiptStatus.ERROR or any("::" not in t for t in receipt.failing()):
        note = "The changed tests cannot be loaded on the old code, so they do not show the defect."
        return replace(receipt, status=ReceiptStatus.ERROR, note=note)
    return replace(receipt, status=ReceiptStatus.PASSED, note=_why_passed(receipt))


def _why_passed(receipt: ReceiptDraft) -> str:
    if receipt.failing():
        return "No test that passes with the change fails on the old code."
    return "The changed tests pass on the old code, too, so they do not show the defect."


def by_exit_code(receipt: ReceiptDraft) -> ReceiptDraft:
    """The receipt of a command that tells no single tests, with what it means here."""
    match receipt.status:
        case ReceiptStatus.FAILED:
            return replace(receipt, note="With the new tests the command fails on the old code.")
        case ReceiptStatus.PASSED:
            note = "With the new tests the command passes on the old code, too."
            return replace(receipt, note=note)
        case _:
            return receipt


def _of_them(count: int) -> str:
    return "1 of them fails" if count == 1 else f"{count} of them fail"


def _old_code_with_new_tests(
    run: FixRun, plan: TestPlan, head: str, files: Sequence[ChangedFile]
) -> None:
    folder = clean_checkout(
        run.sandbox,
        run.mirror,
        run.base,
        name=ReceiptKind.REPRODUCTION,
        made=plan.made,
        kept=plan.kept,
        scratch=run.tools.scratch,
    )
    for file in files:
        data = _content(run, head, file)
        if data is not None:
            mode = 0o755 if file.mode == "100755" else 0o644
            run.sandbox.write(f"{folder}/{file.path}", data, mode=mode)


def _content(run: FixRun, head: str, file: ChangedFile) -> bytes | None:
    if not serves_tests(file.path):
        return None
    return run.mirror.read(head, file.path, limit=MAX_TEST_FILE)


def _paths(run: FixRun, plan: TestPlan, files: Sequence[ChangedFile]) -> list[str]:
    """The files of the old code with the new tests over it, relative to where tests run."""
    new = [file.path for file in files if serves_tests(file.path)]
    return sorted({path for path in map(plan.inside, [*run.mirror.tree(run.base), *new]) if path})


def _not_run(
    run: FixRun, round: int, note: str, status: ReceiptStatus = ReceiptStatus.NO_TESTS
) -> ReceiptDraft:
    return ReceiptDraft(
        kind=ReceiptKind.REPRODUCTION,
        status=status,
        command="",
        commit=run.base,
        exit_code=None,
        seconds=0.0,
        round=round,
        note=note,
    )
