"""Agents that do what a test says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from agents.runners.base import Finished, Listener, Message, Task, Verdict
from agents.sandboxes.base import Sandbox

Round = Mapping[str, str] | Callable[[Task, Sandbox, Listener], Verdict]
DONE = Verdict(ok=True, reason="")


class Editor:
    """A hosted agent: in each round it writes files, or does what a function says.

    The last round repeats when there are more.
    """

    name = "editor"
    title = "Editor of the tests"

    def __init__(self, *rounds: Round) -> None:
        self.rounds: Sequence[Round] = rounds
        self.tasks: list[Task] = []

    def work(self, task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        self.tasks.append(task)
        listener.beat()
        todo = self.rounds[min(task.round, len(self.rounds)) - 1]
        if callable(todo):
            return todo(task, sandbox, listener)
        listener.emit(Message("I change the files."))
        for path, text in todo.items():
            sandbox.write(f"{sandbox.repository}/{path}", text.encode())
        listener.emit(Finished(ok=True, text="Fixed!"))
        return DONE
