"""The end of every run: nothing of it is left that nobody needs."""

from __future__ import annotations

import contextlib
import time
from functools import partial

from agents.outcomes import OUTCOMES, outcome
from agents.pipelines import disk, pr_text
from agents.pipelines.base import Cancelled, Journal, LeaseLost, Stop
from agents.pipelines.context import Result
from agents.pipelines.quoting import one_line, shortened
from agents.pipelines.run import FixRun
from agents.sandboxes.base import SandboxError, SandboxLost
from clusters.forges import interrupts
from clusters.forges.base import ForgeError, PullState, RateLimited
from clusters.forges.mirrors import GitError

Failure = Stop | ForgeError | SandboxError | GitError | OSError

_MAX_DETAIL = 1_000
# Seconds between the attempts to publish while the forge is away, and for how long in all.
_WAIT, _LONGEST_WAIT = 120.0, 3600.0
_LONGEST_CLEANING = 60.0
# What a person did to the branch while the run was under way.
_MOVED = {"push_rejected", "pr_not_open", "base_moved"}


def check_lease(journal: Journal, error: Exception | None = None) -> None:
    """Raise LeaseLost when another worker owns the job now, or when `error` says that it may.

    A job that a person or the clock has ended is nobody else's, even if its rows have ended
    before this worker came to it: it still has to tidy up.
    """
    try:
        journal.beat()
    except (Cancelled, Stop):
        return
    if isinstance(error, LeaseLost):
        raise error


def put_aside(run: FixRun) -> None:
    """Before a long wait: close the sandbox; one with commits that are not published rests."""
    check_lease(run.journal)
    if not run.has_worked:
        let_go(run)
        return
    with contextlib.suppress(SandboxError):
        run.sandbox.rest()


def let_go(run: FixRun) -> None:
    """Close the sandbox before a wait; one that is gone is closed too."""
    with contextlib.suppress(SandboxError):
        _close_sandbox(run)


def keep_the_work(run: FixRun, error: Failure) -> None:
    """Raise RateLimited while it is worth waiting for a forge that is away with work to publish."""
    away = isinstance(error, ForgeError) and error.code == "forge_unavailable"
    at_gate = run.context.gate.waited if run.context.gate else 0.0
    if away and run.has_worked and run.context.paused - at_gate < _LONGEST_WAIT:
        raise RateLimited(time.time() + _WAIT, f"{error} The work is kept until then.") from error


def as_stop(run: FixRun, error: Failure) -> Stop:
    """A failure of a seam as an outcome and its sentence.

    Raises Cancelled or LeaseLost when that is why it failed: the sandbox of a job that must end
    is closed while a command still runs in it.
    """
    try:
        run.journal.beat()
    except Stop as ended:
        return ended
    match error:
        case Stop():
            return error
        case _ if where := disk.full(error):
            return Stop("disk_full", where)
        case ForgeError(code="token_invalid") if run.has_begun:
            return Stop("credential_expired", _with_link(error))
        case ForgeError(code=code) if code in OUTCOMES:
            return Stop(code, _with_link(error))
        case ForgeError(code=code):
            code = "merge_conflict" if code in _MOVED else "forge_unavailable"
            return Stop(code, _with_link(error))
        case OSError():
            raise error
        case SandboxLost():
            return Stop("sandbox_lost", str(error))
        case SandboxError():
            return Stop("sandbox_failed", str(error))
        case _:
            return Stop("repository_unavailable", str(error))


def _with_link(error: ForgeError) -> str:
    return f"{error} {error.fix_url}".strip()


def stopped(run: FixRun, stop: Stop) -> Result:
    """The result of a run that ended without commits on its branch."""
    said = shortened(one_line(stop.detail), _MAX_DETAIL) or outcome(stop.outcome).sentence
    run.journal.say(said)
    again = goes_on(run, stop.outcome)
    if again:
        run.journal.say("It is tried again by itself in a moment, with the same draft.")
    return Result(stop.outcome, said, run.pull_number, "", verified=False, again=again)


def goes_on(run: FixRun, code: str) -> bool:
    """Whether a further attempt follows by itself: then the draft and its branch stay for it."""
    left = run.context.attempts_left > 0 and run.seconds_left() > 0
    # Commits that may have been pushed would stand in the way of the next attempt's.
    return outcome(code).transient and left and not run.has_worked


def finish(run: FixRun, result: Result) -> Result:
    """Close the sandbox, and the draft when nothing came of it; what went wrong is said."""
    for problem in clean_up(run, result):
        run.journal.say(problem)
    return result


def clean_up(run: FixRun, result: Result) -> list[str]:
    """The same without a journal, which a cancelled job does not have; problems as sentences."""
    problems = []
    # Whatever ends the work must not end this as well; but it has to come to an end.
    with interrupts.sheltered(_LONGEST_CLEANING, _too_long):
        for tidy in (partial(_close_sandbox, run), partial(_withdraw, run, result)):
            try:
                tidy()
            except (ForgeError, GitError, SandboxError, OSError) as error:
                problems.append(f"Cleaning up was not complete: {error}")
    return problems


def _too_long() -> Exception:
    return ForgeError("forge_unavailable", "It took too long.")


def _close_sandbox(run: FixRun) -> None:
    try:
        if run.sandbox_id:
            run.sandbox.close()
        for sandbox_id in run.tools.sandboxes.list(run.label):
            run.tools.sandboxes.connect(sandbox_id).close()
    except SandboxLost:
        return  # closed already, by whoever finished this run before


def _withdraw(run: FixRun, result: Result) -> None:
    """Close the draft and delete its branch, unless there is something in them to read."""
    # A job that was stopped between two attempts, or before it read what it had done.
    run.base = run.base or run.context.begun_on
    if not run.base or result.head_sha or result.again or result.outcome == "guard_blocked":
        return
    start, branch = run.start_commit(), run.settings.branch
    pull = run.forge.find_pr(branch)
    if pull is not None and pull.state == PullState.OPEN and pull.head_sha == start:
        text = pr_text.closing_comment(result.outcome, result.detail)
        said = run.forge.get_pr(pull.number).comments
        if all(comment.text != text for comment in said):
            run.forge.comment(pull.number, text, author="Soulcaster")
        run.forge.close(pull.number)
    if run.forge.mirror().branches().get(branch) == start:
        run.forge.delete_branch(branch)
