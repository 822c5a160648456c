"""A fix, from plan to proven pull request.

Every step keeps its result in the journal and can be begun again, so that the next worker goes
on where the last one died. The steps' own modules say how; this one says what happens when.
"""

from __future__ import annotations

from functools import partial

from agents.pipelines import ending, gate, opening, preparing, proving, publishing, taking
from agents.pipelines.agent_rounds import Work, work_in_rounds
from agents.pipelines.base import AwaitsApproval, Journal, Stop
from agents.pipelines.context import FixContext, Quote, Result, Settings, Tools
from agents.pipelines.records import (
    Baseline,
    Checkout,
    Draft,
    Guarded,
    Preflight,
    Provision,
    Published,
    Setup,
)
from agents.pipelines.run import FixRun
from agents.sandboxes.base import SandboxError
from clusters.forges.base import ForgeError, RateLimited
from clusters.forges.mirrors import GitError

__all__ = ["FixContext", "Quote", "Result", "Settings", "Tools", "run_fix"]


def run_fix(context: FixContext, tools: Tools, journal: Journal) -> Result:
    """Run a fix to its end, or the rest of it; every way to end on purpose is a Result.

    Raises LeaseLost with everything left as it is, for the new owner; RateLimited when the job
    must be taken up again later (the sandbox is closed then unless there is work in it);
    AwaitsApproval when a person has to decide first (the sandbox is closed then); Cancelled,
    and errors that nobody foresaw, after cleaning up. An exit of the worker process leaves the run
    to the next.
    """
    run = FixRun(context, tools, journal)
    try:
        return journal.step("finish", Result, partial(ending.finish, run, _result(run)))
    except (RateLimited, AwaitsApproval):
        raise
    except Exception as error:
        ending.check_lease(journal, error)
        left = Result("cancelled", "The job ended early.", run.pull_number, "", verified=False)
        for problem in ending.clean_up(run, left):
            error.add_note(problem)
        raise


def _result(run: FixRun) -> Result:
    try:
        return _carry_out(run)
    except RateLimited:
        ending.put_aside(run)
        raise
    except (Stop, ForgeError, SandboxError, GitError, OSError) as error:
        ending.keep_the_work(run, error)
        return ending.stopped(run, ending.as_stop(run, error))


def _carry_out(run: FixRun) -> Result:
    _open(run)
    if run.tools.runner is None and run.context.needs_agent:
        raise _no_model(_measure(run))
    draft = run.step("draft_pr", Draft, partial(opening.open_draft, run))
    run.pull_number = draft.number
    return _fix(run, draft.number, _measure(run))


def _open(run: FixRun) -> None:
    run.step("preflight", Preflight, partial(opening.preflight, run))
    run.has_begun = True
    place = run.step("provision", Provision, partial(opening.provision, run))
    run.sandbox_id, run.isolation = place.sandbox_id, place.isolation
    found = run.step("checkout", Checkout, partial(opening.checkout, run))
    run.base, run.file = found.base, found.file


def _measure(run: FixRun) -> Baseline:
    run.check_time()
    if run.context.done and run.context.done.verification:
        return run.step("baseline", Baseline, partial(taking.baseline_as_it_was, run))
    setup = run.step("setup", Setup, partial(preparing.set_up, run))
    run.check_time()
    return run.step("baseline", Baseline, partial(proving.measure_baseline, run, setup))


def _no_model(baseline: Baseline) -> Stop:
    measured = proving.summary(baseline.receipt)
    said = f"The tests before the change: {measured} No model is configured: nothing was changed."
    return Stop("no_model", said)


def _fix(run: FixRun, number: int | None, baseline: Baseline) -> Result:
    work = work_in_rounds(run, baseline)
    run.has_worked = True
    inspect = partial(publishing.inspect, run, number, work)
    guarded = run.step("guard", Guarded, inspect)
    if guarded.blocked:
        detail = publishing.reason(guarded.findings)
        return Result("guard_blocked", detail, number, "", verified=False)
    gate.pass_through(run, work)
    publish = partial(publishing.publish, run, number, baseline, work, guarded.findings)
    published = run.step("publish", Published, publish)
    run.pull_number = number = published.number or number
    verified = work.verification.judgement.verified
    return Result(*_outcome(work), number, published.head, verified)


def _outcome(work: Work) -> tuple[str, str]:
    """Its code and sentence: what is proven is proven, whatever ended the work."""
    judgement = work.verification.judgement
    spent_here = work.budget_spent and not work.taken_from
    if spent_here and not judgement.verified:
        return "budget_spent", f"{work.budget_spent} {judgement.sentence}"
    return judgement.outcome, judgement.sentence
