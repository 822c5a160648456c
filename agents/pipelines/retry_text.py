"""What the text of a pull request says of an earlier job: who did what, and where it was measured."""

from __future__ import annotations

from collections.abc import Iterator

from agents.pipelines.context import FixContext
from agents.pipelines.earlier import Done
from agents.pipelines.quoting import code, plain
from agents.pipelines.records import Verification


def under_way(context: FixContext) -> str:
    """What a job is doing, for the text of its draft."""
    match context.done:
        case None:
            return "an agent is working on this."
        case done if done.verification is None:
            return f"the tests of job {done.job_id}'s change run again."
        case done:
            return f"the change of job {done.job_id} is being published."


def measured_in(context: FixContext, before: int, work: Verification) -> Iterator[str]:
    """Which job measured what, when it was not this one alone."""
    after = work.taken_from
    if not before and not after:
        return
    this = f"this job ({context.job_id})"
    first, then = (f"job {job}" if job else this for job in (before, after))
    if first == then:
        yield f"All of this was measured in {first}, on these very commits."
    else:
        yield f"Before was measured in {first}, After and Reproduction in {then}."


def makers(done: Done) -> str:
    """Whose commits these are, when they are taken over."""
    agent = f"{plain(done.runner_title, 100)} ({code(done.runner_name, 60)})"
    asked = f"which {plain(done.requester, 100)} asked for"
    return f"The commits were made by {agent} in job {done.job_id}, {asked}"
