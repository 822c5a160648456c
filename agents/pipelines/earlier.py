"""What an ended job left for a retry that begins with a later step.

All of it was measured or stored by the platform; none of it is an agent's word.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agents.pipelines.records import AgentRound, Baseline, Verification


@dataclass(frozen=True, slots=True)
class Done:
    """Commits, and who made them.

    `start` is the empty commit below them, `bundle` brings it and them on top of the base.
    `job_id` is the job whose agent worked, as `runner_name` and `runner_title`, asked by
    `requester`. `verification` is there when its receipts are taken over, too. `asked_gate`: a
    person was to look at them before they leave, and has not approved them.
    """

    job_id: int
    start: str
    round: AgentRound
    bundle: bytes = field(repr=False)
    runner_name: str
    runner_title: str
    requester: str
    verification: Verification | None = None
    asked_gate: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """The job that is tried again, from `from_step` on: agent, verify or publish.

    `base` is the commit that it worked on, `baseline` what the tests said about it, if they ran.
    `done` are its commits, for a retry that does not ask an agent.
    """

    job_id: int
    from_step: str
    base: str
    baseline: Baseline | None = None
    done: Done | None = None
