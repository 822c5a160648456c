"""The workspace's methods as tools of a model, each done once and told to the listener."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic_ai import RunContext, Tool, ToolFailed

from agents.runners.base import AgentEvent, FileEdit, Listener, ToolCall, ToolResult
from agents.runners.builtin.workspace import MAX_ANSWER, Refused, Workspace
from agents.runners.fences import Fence, shorten, visible
from agents.sandboxes.base import SandboxError, SandboxLost

ANSWERS_KEY = "tool_answers"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool said to the model."""

    ok: bool
    text: str


@dataclass(slots=True)
class Desk:
    """What the tools of one round share.

    `answers` keeps, by call id, what was answered since the conversation was last stored: a call
    whose result was lost with its worker is answered from here and not done again. `told` are the
    events of the turn that goes on. Nothing is told before what it follows from is stored, so a
    turn that the next worker goes through again tells the same.
    """

    workspace: Workspace
    listener: Listener
    answers: dict[str, Answer] = field(default_factory=dict)
    told: list[AgentEvent] = field(default_factory=list)

    def tell(self, event: AgentEvent) -> None:
        """Tell the listener, and know it for the next worker."""
        self.told.append(event)
        self.listener.emit(event)

    def load(self) -> None:
        """Take up the answers of a worker that died."""
        stored = self.listener.recall(ANSWERS_KEY)
        self.answers = {
            call: Answer(bool(ok), str(text))
            for call, (ok, text) in json.loads(stored or "{}").items()
        }

    def keep(self) -> None:
        """Store the answers."""
        pairs = {call: (answer.ok, answer.text) for call, answer in self.answers.items()}
        self.listener.remember(ANSWERS_KEY, json.dumps(pairs))

    def forget(self) -> None:
        """The conversation holds the answers now."""
        if self.answers:
            self.answers.clear()
            self.keep()


def _use(
    ctx: RunContext[Desk], name: str, summary: str, work: Callable[[], str], edits: str = ""
) -> str:
    """Answer from the store, or do the work and store the answer; raises ToolFailed."""
    desk, call = ctx.deps, ctx.tool_call_id or ""
    desk.tell(ToolCall(name, summary, call))
    answer = desk.answers.get(call)
    if answer is None:
        answer = desk.answers[call] = _attempt(work)
        desk.keep()
    if edits and answer.ok:
        desk.tell(FileEdit(edits))
    desk.tell(ToolResult(name, _looks_good(name, answer), _headline(name, answer), call))
    # What went wrong is told in words of the repository, too.
    told = Fence().around(answer.text)
    if answer.ok:
        return told
    raise ToolFailed(told)


def _attempt(work: Callable[[], str]) -> Answer:
    try:
        return Answer(True, visible(shorten(work(), MAX_ANSWER)))
    except SandboxLost:
        raise
    except (Refused, SandboxError) as error:
        return Answer(False, visible(shorten(str(error), MAX_ANSWER)))


def _looks_good(name: str, answer: Answer) -> bool:
    """For people, tests that fail are a failure, though the tool did its work."""
    return answer.ok and (name != "run_tests" or " exit code 0 " in answer.text.partition("\n")[0])


def _headline(name: str, answer: Answer) -> str:
    """One line for people."""
    lines = answer.text.strip().splitlines() or [""]
    if name in {"list_files", "search"} and answer.ok:
        return f"{len(lines)} lines"
    if name == "read_file":
        return lines[-1].strip("[]")[:200]
    if name == "run_tests" and len(lines) > 1:
        return f"{lines[0]}: {lines[-1].strip('= ')}"[:200]
    return lines[0][:200]


def list_files(ctx: RunContext[Desk], path: str = ".") -> str:
    """List the files of the repository below a folder.

    Args:
        path: a folder, relative to the repository.
    """
    return _use(ctx, "list_files", path, lambda: ctx.deps.workspace.list_files(path))


def search(ctx: RunContext[Desk], text: str) -> str:
    """Find the lines that contain a text (not a pattern; upper and lower case are the same).

    Args:
        text: one line of text.
    """
    return _use(ctx, "search", text[:200], lambda: ctx.deps.workspace.search(text))


def read_file(ctx: RunContext[Desk], path: str, start_line: int = 1, end_line: int = 400) -> str:
    """Read lines of a text file. Each is shown with its number and two spaces before it.

    Args:
        path: a file, relative to the repository.
        start_line: the first line, from 1.
        end_line: the last line, included.
    """
    work = lambda: ctx.deps.workspace.read_file(path, start_line, end_line)  # noqa: E731
    return _use(ctx, "read_file", f"{path}, from line {start_line}", work)


def write_file(ctx: RunContext[Desk], path: str, content: str) -> str:
    """Create a file, or replace all of it.

    Args:
        path: a file, relative to the repository.
        content: the whole text of the file.
    """
    work = lambda: ctx.deps.workspace.write_file(path, content)  # noqa: E731
    return _use(ctx, "write_file", path, work, edits=path)


def edit_file(ctx: RunContext[Desk], path: str, old: str, new: str) -> str:
    """Replace a text in a file. The old text must stand there exactly once.

    Args:
        path: a file, relative to the repository.
        old: the text to replace, quoted exactly and without line numbers.
        new: the text to put there.
    """
    work = lambda: ctx.deps.workspace.edit_file(path, old, new)  # noqa: E731
    return _use(ctx, "edit_file", path, work, edits=path)


def check_syntax(ctx: RunContext[Desk], path: str) -> str:
    """Check that a file of a known kind can be parsed.

    Args:
        path: a file, relative to the repository.
    """
    return _use(ctx, "check_syntax", path, lambda: ctx.deps.workspace.check_syntax(path))


def run_tests(ctx: RunContext[Desk], args: list[str]) -> str:
    """Run the project's tests.

    Args:
        args: files or test ids to run; an empty list runs everything.
    """
    summary = " ".join(args)[:200] or "everything"
    return _use(ctx, "run_tests", summary, lambda: ctx.deps.workspace.run_tests(args))


def commit(ctx: RunContext[Desk], message: str) -> str:
    """Commit everything that changed since the last commit.

    Args:
        message: what the change does, in one sentence.
    """
    summary = message.strip().splitlines()[0][:200] if message.strip() else ""
    return _use(ctx, "commit", summary, lambda: ctx.deps.workspace.commit(message))


# One after the other: several calls in one answer of the model would else run at the same time.
TOOLS = [
    Tool(function, takes_ctx=True, sequential=True, max_retries=3)
    for function in (
        list_files,
        search,
        read_file,
        write_file,
        edit_file,
        check_syntax,
        run_tests,
        commit,
    )
]
_LOOKING = {"list_files", "search", "read_file"}
# For an agent that only plans: nothing that writes, and nothing that runs the repository's code.
READING_TOOLS = [tool for tool in TOOLS if tool.name in _LOOKING]
