"""The shelf's methods as tools of a model: fenced answers, counted, told to whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic_ai import RunContext, Tool

from clusters.planner.base import Heard
from clusters.planner.fencing import Fence, visible
from clusters.planner.shelf import MOST_LINES, Shelf

MOST_LOOKUPS = 24
REQUESTS = 12
_ENOUGH = "You have looked enough: answer with the plan now."


@dataclass(slots=True)
class Desk:
    """What the tools of one draft share; `events` are sentences for people."""

    shelf: Shelf
    heard: Heard
    events: list[str] = field(default_factory=list)

    def tell(self, sentence: str) -> None:
        """Note what the model does."""
        line = " ".join(visible(sentence).split())[:200]
        self.events.append(line)
        self.heard(line)


def _look(ctx: RunContext[Desk], what: str, work: Callable[[], str]) -> str:
    desk = ctx.deps
    if len(desk.events) >= MOST_LOOKUPS or ctx.run_step > REQUESTS - 3:
        return _ENOUGH
    desk.tell(f"The model {what}.")
    try:
        return Fence().around(work())
    except LookupError as error:
        return str(error.args[0])


def list_files(ctx: RunContext[Desk], folder: str = "") -> str:
    """List the repository's text files below a folder.

    Args:
        folder: a folder of the repository; empty for all.
    """
    return _look(ctx, f"lists {folder or 'the files'}", lambda: ctx.deps.shelf.list_files(folder))


def search(ctx: RunContext[Desk], text: str) -> str:
    """Find the lines that contain a text (not a pattern; upper and lower case are the same).

    Args:
        text: one line of text.
    """
    return _look(ctx, f"searches for “{text[:60]}”", lambda: ctx.deps.shelf.search(text))


def read_file(ctx: RunContext[Desk], path: str, start_line: int = 1, end_line: int = 0) -> str:
    """Read lines of a text file, each with its number.

    Args:
        path: a file of the repository.
        start_line: the first line, from 1.
        end_line: the last line, included; 0 for as many as are shown at once.
    """
    last = end_line or start_line + MOST_LINES - 1
    return _look(ctx, f"reads {path}", lambda: ctx.deps.shelf.read(path, start_line, last))


def find_definitions(ctx: RunContext[Desk], name: str) -> str:
    """Find where a function, class, method or the like is defined.

    Args:
        name: its name.
    """
    work = lambda: ctx.deps.shelf.find_definitions(name)  # noqa: E731
    return _look(ctx, f"looks for the definition of {name[:60]}", work)


TOOLS = [
    Tool(function, takes_ctx=True, sequential=True, max_retries=2)
    for function in (list_files, search, read_file, find_definitions)
]
