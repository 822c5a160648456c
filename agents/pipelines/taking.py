"""What a retry takes over from an earlier job instead of doing it again.

A receipt is about a commit: it is taken over for that very commit or not at all.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from pydantic import TypeAdapter

from agents.pipelines import keeping
from agents.pipelines.base import ReceiptDraft, Stop
from agents.pipelines.earlier import Done, Earlier
from agents.pipelines.records import AgentRound, Baseline, Setup, Verification
from agents.pipelines.run import FixRun
from clusters.forges.base import DiskFull
from clusters.forges.mirrors import GitError

_SETUP = TypeAdapter(Setup)


def base_of(run: FixRun) -> str:
    """The commit to work on: the newest of the base branch, or the one that the work began on.

    That is an earlier attempt's, whose draft then stays, or the earlier job's. Raises Stop.
    """
    newest = run.mirror.resolve(run.settings.base_branch)
    before, earlier = run.context.begun_on, run.context.earlier
    if before and run.has(before) and run.mirror.is_ancestor(before, newest):
        return before
    if earlier is None:
        return newest
    if run.has(earlier.base) and run.mirror.is_ancestor(earlier.base, newest):
        return earlier.base
    raise Stop(
        "merge_conflict",
        f"{run.settings.base_branch} has no commit {earlier.base[:10]} any more, on which job "
        f"{earlier.job_id} worked: run the job again from the beginning.",
    )


def start_of(run: FixRun) -> str:
    """The commit that begins the branch, once the base is known; raises Stop."""
    done = run.context.done
    try:
        start = run.start_commit()
        if done is None or len(run.mirror.commits(run.base, start, limit=2)) == 1:
            return start
    except DiskFull:
        raise
    except GitError as error:
        if done is None:
            raise
        raise _unreadable(done) from error
    raise _unreadable(done)


def environment(run: FixRun, setup: Setup) -> str:
    """A digest of what tests run in, which is the same only when all of it was set up alike."""
    # Sandboxes differ in where they lie, and in nothing else that counts here.
    known = _SETUP.dump_json(setup).decode().replace(run.sandbox.root, "")
    place = f"{run.tools.sandboxes.name} {run.isolation}"
    return hashlib.sha256(f"{place}\n{known}".encode()).hexdigest()


def baseline(run: FixRun, setup: Setup, digest: str) -> Baseline | None:
    """The earlier tests on the base, if they ran in such an environment; None to run them."""
    earlier = run.context.earlier
    known = earlier.baseline if earlier else None
    if earlier is None or known is None:
        return None
    if known.environment != digest or known.receipt.commit != run.base:
        run.journal.say(
            f"The environment is not that of job {earlier.job_id}: the tests before the change "
            "run again."
        )
        return None
    plan = replace(setup.plan, ignore_addopts=known.plan.ignore_addopts)
    return _taken(run, earlier, replace(known, plan=plan))


def baseline_as_it_was(run: FixRun) -> Baseline:
    """The earlier tests on the base, for commits whose receipts are taken over; raises Stop."""
    earlier = run.context.earlier
    if earlier is None or earlier.baseline is None or earlier.baseline.receipt.commit != run.base:
        raise Stop("worker_lost", "There is no receipt of the base to take over.")
    return _taken(run, earlier, earlier.baseline)


def _taken(run: FixRun, earlier: Earlier, known: Baseline) -> Baseline:
    job = known.taken_from or earlier.job_id
    receipt = replace(known.receipt, round=1)
    run.journal.receipt(receipt)
    run.journal.say(f"The tests before the change are taken over from job {job}.")
    return replace(known, receipt=receipt, taken_from=job)


def commits(run: FixRun, done: Done) -> AgentRound:
    """The earlier commits, in this worker's mirror and kept for this job, too; raises Stop."""
    head = done.round.head
    try:
        fits = run.bring(done.bundle) == head and run.mirror.is_ancestor(run.start_commit(), head)
    except DiskFull:
        raise
    except GitError as error:
        raise _unreadable(done) from error
    if not fits:
        raise _unreadable(done)
    keeping.keep(run, head)
    run.journal.say(f"The commits of job {done.job_id} are taken over, up to {head[:10]}.")
    return replace(done.round, session_id="", taken_from=done.job_id)


def verification(run: FixRun, known: Verification, head: str, job_id: int) -> Verification:
    """The earlier receipts of these very commits; raises Stop for those of any other."""
    if (known.head.commit, known.reproduction.commit) != (head, run.base):
        raise Stop("worker_lost", f"The receipts of job {job_id} are about other commits.")
    job = known.taken_from or job_id
    after, reproduction = _as_first(known.head), _as_first(known.reproduction)
    run.journal.receipt(after)
    run.journal.receipt(reproduction)
    run.journal.say(f"The tests after the change are taken over from job {job}.")
    return replace(known, head=after, reproduction=reproduction, taken_from=job)


def _as_first(receipt: ReceiptDraft) -> ReceiptDraft:
    """What was measured in whichever round is the first thing that this job knows."""
    return replace(receipt, round=1)


def _unreadable(done: Done) -> Stop:
    said = f"The commits of job {done.job_id} cannot be read any more: begin with the agent."
    return Stop("worker_lost", said)
