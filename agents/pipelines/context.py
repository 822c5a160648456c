"""What a run that fixes something is given, and what it gives back."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agents.pipelines.base import Phase
from agents.runners.base import AgentHook, CommandRunner, HostedRunner, McpServer
from agents.sandboxes.base import Destination, Reach, SandboxProvider
from clusters.forges.base import Author, Forge
from clusters.planner.base import PlanDraft

if TYPE_CHECKING:  # its records need what stands here
    from agents.pipelines.earlier import Done, Earlier


@dataclass(frozen=True, slots=True)
class Quote:
    """One report of the cluster, in its author's words."""

    item_id: int
    source: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """A host that a project allows, in one phase: a name, or "*.name" for all names below it.

    `trusted`: the operator lets projects name such a host, which lies in a private network.
    """

    host: str
    phase: Phase
    port: int | None = None
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """The project's choices. Times are seconds.

    Commands stand here as a maintainer typed them; they are split like a shell would, but no
    shell ever sees them. `guard` maps a kind of finding to block, warn or off; `protected` are
    patterns of paths that count as protected besides our own. `folder` is the part of the
    repository to work in, '' for all of it. `before` and `after` are commands around the agent's
    rounds. The networks are of the phases; `allowed` are the hosts that the project allows in
    them. `gate` wants a person to look before anything is pushed.
    """

    base_branch: str
    branch: str
    setup_network: Reach = Reach.NONE
    agent_network: Reach = Reach.NONE
    allowed: Sequence[Allowed] = ()
    folder: str = ""
    setup_command: str = ""
    test_command: str = ""
    lint_command: str = ""
    before: Sequence[str] = ()
    after: Sequence[str] = ()
    mcp_servers: Sequence[McpServer] = ()
    hooks: Sequence[AgentHook] = ()
    rounds: int = 3
    test_timeout: float = 600.0
    setup_timeout: float = 600.0
    agent_timeout: float = 1500.0  # of one round
    idle_timeout: float = 600.0  # of an agent that says nothing
    time_limit: float = 1800.0
    allow_unisolated: bool = False
    guard: Mapping[str, str] = field(default_factory=dict)
    protected: Sequence[str] = ()
    gate: bool = False
    instructions: str = ""
    labels: Sequence[str] = ()
    reviewers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AtGate:
    """A job that came to the gate before: what a person decided, "" while nobody has.

    `waited` is how many seconds it waited there, which are among those that it was put aside.
    """

    decision: Literal["", "approved", "rejected"] = ""
    by: str = ""
    comment: str = ""
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class FixContext:
    """One job as the pipeline sees it. `agent_note` is a sentence for the pull request, or ''.

    `issues` are the numbers of the forge's issues that it is about; `paused` is how many seconds
    the job was put aside, which do not count; `began` is when it began, in seconds of the epoch by
    this host's clock, which may disagree with the one that it began on. `gate` is there once the agent's work is done and
    waits, or waited, for a person. `cancelled`: somebody asked to stop before this worker began.
    `earlier` is what a retry from a later step begins with. `begun_on` is the base commit that
    this job's branch began on, if it has: the draft of all its attempts is one. `attempts_left`
    is how many further attempts follow by themselves when what ends this one passes.
    """

    job_id: int
    title: str
    runner_name: str
    runner_title: str
    agent_note: str
    plan: PlanDraft
    plan_version: int
    quotes: Sequence[Quote]
    requester: Author
    settings: Settings
    job_url: str
    issues: Sequence[int] = ()
    paused: float = 0.0
    began: float = field(default_factory=time.time)
    gate: AtGate | None = None
    cancelled: bool = False
    earlier: Earlier | None = None
    begun_on: str = ""
    attempts_left: int = 0

    @property
    def done(self) -> Done | None:
        """The commits of an earlier job that this one takes over."""
        return self.earlier.done if self.earlier else None

    @property
    def needs_agent(self) -> bool:
        """Whether an agent has to work, or to have worked, in this job's own time."""
        return self.gate is None and self.done is None


@dataclass(frozen=True, slots=True)
class Tools:
    """What wiring hands in.

    `runner` is None when no model is configured. `scratch` is a private folder of this execution
    on the worker, which the caller removes. `setup_env` is the environment of package installers
    (an index, a certificate file), never a credential; it is given to setup and the agent alone.
    `registries` are hosts that the operator names for setup, besides those that the installers
    use by themselves.
    """

    forge: Forge
    sandboxes: SandboxProvider
    runner: CommandRunner | HostedRunner | None
    scratch: Path
    setup_env: Mapping[str, str] = field(default_factory=dict)
    registries: Sequence[Destination] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """How the run ended: a code of `agents.outcomes`, and a sentence that says more.

    `again`: a further attempt follows by itself, for which the draft was kept.
    """

    outcome: str
    detail: str
    pull_number: int | None
    head_sha: str
    verified: bool
    again: bool = False
