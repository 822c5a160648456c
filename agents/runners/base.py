"""The runner seam: how one coding agent is launched, understood and judged.

Two shapes. A `CommandRunner` is a CLI: it runs inside the sandbox and its output is parsed. A
`HostedRunner` calls its model on the worker and only its tools run in the sandbox.
Plain Python: no Django here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from agents.sandboxes.base import Destination, Exited, Sandbox

# --- events: what any agent is understood to say -----------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """The agent's own name for the conversation, for a resume."""

    session_id: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """Words of the model."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The agent uses a tool; `summary` is one line for people."""

    name: str
    summary: str
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the tool answered, shortened for people."""

    name: str
    ok: bool
    summary: str
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A file of the repository was written; `path` is relative to it."""

    path: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one exchange, added up by the listener.

    `input_tokens` are all that went in; `cached_tokens` are those of them that were read from a
    cache, `cache_written_tokens` those that were put there. `cost_usd` is what the agent says, if
    it knows. `estimated` says that the program rounds or guesses.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cost_usd: float | None = None
    cache_written_tokens: int = 0
    model: str = ""
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class AgentError:
    """Something the agent reports as wrong; `fatal` ends the round.

    `outcome` is the code of `agents.outcomes` that the round has if this was its end.
    """

    text: str
    fatal: bool = False
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """The agent's own last word: never proof, see `Verdict`."""

    ok: bool
    text: str


AgentEvent = (
    SessionStarted | Message | ToolCall | ToolResult | FileEdit | Usage | AgentError | Finished
)


# --- the work ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class McpServer:
    """A server of tools that a project hands to its agents.

    Either a command that is started in the sandbox, or the address of one elsewhere, which then
    has to be among the project's allowed hosts. `environment` holds no secrets.
    """

    name: str
    command: Sequence[str] = ()
    url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AgentHook:
    """A command that an agent runs itself when something happens, for agents that have hooks.

    `event` is one of `HOOK_EVENTS`; `command` is one line, which the agent gives to a shell.
    """

    event: str
    command: str


HOOK_EVENTS = ("before_tool", "after_edit", "at_end")


@dataclass(frozen=True, slots=True)
class Task:
    """What an agent is asked to do in one round.

    `prompt` is the whole text; `feedback` is what the receipts of the round before said, empty
    in round 1; `session_id` is the conversation to go on with. `summary_path` is where the agent
    leaves its summary, outside of the repository; `files` are those that the plan names, relative
    to the repository, for agents that want to be told. `plan_only` asks for words and no edits.
    """

    prompt: str
    round: int = 1
    feedback: str = ""
    session_id: str = ""
    test_command: Sequence[str] = ()
    test_env: Mapping[str, str] = field(default_factory=dict)
    summary_path: str = ""
    files: Sequence[str] = ()
    mcp_servers: Sequence[McpServer] = ()
    hooks: Sequence[AgentHook] = ()
    plan_only: bool = False


@dataclass(frozen=True, slots=True)
class KeyUse:
    """How one process is given a key.

    In the variable `variable`; or, where the provider adds headers outside of the sandbox, as the
    header `header` (with `prefix` before the key) on requests to the model's destination, and the
    variable says nothing but that there is one.
    """

    variable: str
    value: str = field(repr=False)
    header: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Launch:
    """A command line for `Sandbox.spawn`. `env` holds no key: that is what `key` is for.

    `destination` is where the model is; None for an agent that needs no network.
    """

    argv: Sequence[str]
    env: Mapping[str, str]
    key: KeyUse | None = None
    destination: Destination | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Did the agent do its part? `outcome` is empty or an outcome code (`agents.outcomes`)."""

    ok: bool
    reason: str
    outcome: str = ""
    session_id: str = ""


class Listener(Protocol):
    """What a runner may tell the world while it works."""

    def emit(self, event: AgentEvent) -> None:
        """Record one event of the agent; raises BudgetSpent when that was the last of it."""
        ...

    def beat(self) -> None:
        """Say that work goes on; raises when the job was cancelled or the lease is lost."""
        ...

    def recall(self, key: str) -> str:
        """A text stored with `remember`, or ''. Lives as long as the execution."""
        ...

    def remember(self, key: str, value: str) -> None:
        """Store a text (a conversation, an offset) so that the next worker can go on."""
        ...


class BudgetSpent(Exception):
    """The job's budget is used up: raised by `emit`, and the round ends with the work so far."""


@dataclass(frozen=True, slots=True)
class Features:
    """What an agent can do. `usage` and `cost`: whether its own numbers can be relied on."""

    plan_mode: bool = False
    resume: bool = False
    hooks: bool = False
    mcp: bool = False
    usage: Literal["exact", "estimated"] = "exact"
    cost: Literal["exact", "estimated", "none"] = "none"


class Runner(Protocol):
    """What the two shapes share."""

    name: str  # the agent's half of a runner name: "builtin", "scripted", "claude"
    title: str  # for people


class CommandRunner(Runner, Protocol):
    """An agent that is a command line program inside the sandbox."""

    def prepare(self, sandbox: Sandbox) -> None:
        """Check that the program starts; raises SandboxError with what to do."""
        ...

    def command(self, task: Task, sandbox: Sandbox) -> Launch:
        """The command for this round; prompts travel as files."""
        ...

    def parse(self, line: str) -> Iterator[AgentEvent]:
        """Events of one line of output; a line that means nothing yields nothing."""
        ...

    def judge(self, events: Sequence[AgentEvent], exited: Exited) -> Verdict:
        """Never the exit code alone: a terminal event without an error is needed."""
        ...


class HostedRunner(Runner, Protocol):
    """An agent whose model is called on the worker."""

    def work(self, task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        """Work on the task with tools in the sandbox until done; resumable by `recall`.

        A worker that goes on with a round emits its events from the beginning, as they were: the
        listener knows which of them are new. So what follows from something is emitted only after
        that is stored with `remember`.
        """
        ...


Kind = Literal["command", "hosted"]
RunnerFactory = Callable[[Mapping[str, str]], Runner]
