"""The platform's own proof: the tests before and after, and the new tests on the old code."""

from __future__ import annotations

from collections.abc import Sequence

from agents.pipelines import style, taking
from agents.pipelines.base import ReceiptDraft, ReceiptKind, ReceiptStatus, Stop
from agents.pipelines.checkouts import clean_checkout
from agents.pipelines.commits import find_again
from agents.pipelines.made import Changed
from agents.pipelines.named_tests import left_out, resolved
from agents.pipelines.preparing import without_addopts
from agents.pipelines.records import Baseline, Setup, Verification
from agents.pipelines.reproduction import reproduce
from agents.pipelines.run import FixRun
from agents.pipelines.testing import (
    TestPlan,
    TestRun,
    failed_to_run,
    refuses_options,
    run_tests,
    were_begun,
)
from agents.pipelines.verdict import judge


def measure_baseline(run: FixRun, setup: Setup) -> Baseline:
    """The base's tests on the base, or those of an earlier job; raises Stop when they hang."""
    environment = taking.environment(run, setup)
    if taken := taking.baseline(run, setup, environment):
        return taken
    plan = setup.plan
    receipt = _tested(run, plan, ReceiptKind.BASELINE, run.base)
    if plan.pytest and refuses_options(receipt):
        run.journal.say("pytest does not know the project's own options; trying without them.")
        plan = without_addopts(plan)
        receipt = _tested(run, plan, ReceiptKind.BASELINE, run.base)
    _keep(run, "Before the change", receipt)
    if receipt.status == ReceiptStatus.TIMED_OUT:
        raise Stop("tests_hang", receipt.note)
    return Baseline(receipt, plan, environment)


def verify(run: FixRun, baseline: Baseline, head: str, round: int) -> Verification:
    """Two receipts about the head, and what they say together with the baseline."""
    find_again(run, head, round)
    also = _left_out(run, baseline.plan, head)
    after = _tested(run, baseline.plan, ReceiptKind.HEAD, head, round, also)
    _keep(run, "After the change", after)
    style.check(run, baseline.plan, after, round)
    reproduction = reproduce(run, baseline, after, round)
    _keep(run, "The new tests on the old code", reproduction)
    judgement = judge(baseline.receipt, after, reproduction)
    run.journal.say(judgement.sentence)
    return Verification(after, reproduction, judgement)


def summary(receipt: ReceiptDraft) -> str:
    """A receipt in one line."""
    status = receipt.status.replace("_", " ")
    counts = f" ({len(receipt.passing())} passed, {len(receipt.failing())} failed)"
    return f"{status}{counts if receipt.tests else ''}. {receipt.note}".rstrip()


def _keep(run: FixRun, what: str, receipt: ReceiptDraft) -> None:
    run.journal.receipt(receipt)
    run.journal.say(f"{what}: {summary(receipt)}")


def _left_out(run: FixRun, plan: TestPlan, head: str) -> list[str]:
    """Test files of the change that the project's own test command does not name."""
    changed = [file.path for file in run.mirror.changed(run.base, head) if file.status != "deleted"]
    modules = [plan.inside(path) for path in changed if plan.takes(path)]
    if not modules:
        return []
    paths = _inside(run, plan, head)
    command = resolved(plan.argv, paths) if plan.has_patterns else plan.argv
    return [plan.outside(path) for path in left_out(command, paths, modules)]


def _inside(run: FixRun, plan: TestPlan, commit: str) -> list[str]:
    """The files of a commit that a command can name: relative to where it runs."""
    return [path for path in map(plan.inside, run.mirror.tree(commit)) if path]


def _tested(
    run: FixRun,
    plan: TestPlan,
    kind: ReceiptKind,
    commit: str,
    round: int = 1,
    also: Sequence[str] = (),
) -> ReceiptDraft:
    tests = TestRun(
        kind,
        commit,
        f"{run.sandbox.root}/checks/{kind}",
        timeout=run.settings.test_timeout,
        round=round,
        selectors=also,
        paths=_inside(run, plan, commit) if plan.has_patterns else (),
    )

    def check_out() -> None:
        clean_checkout(
            run.sandbox,
            run.mirror,
            commit,
            name=kind,
            scratch=run.tools.scratch,
            made=plan.made,
            kept=plan.kept,
            # These very tests may have run before, and have been lost.
            fresh=kind == ReceiptKind.BASELINE and not were_begun(run.sandbox, run.journal, tests),
        )

    try:
        return run_tests(run.sandbox, run.journal, plan, tests, check_out)
    except Changed as error:
        return failed_to_run(plan, tests, str(error))
