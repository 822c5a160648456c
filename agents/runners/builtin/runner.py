"""The built-in agent as a runner. The model library is imported when work begins, not before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from agents.runners.base import Listener, Task, Verdict
from agents.runners.builtin.relay import run_beside
from agents.runners.builtin.workspace import Workspace
from agents.sandboxes.base import Sandbox

if TYPE_CHECKING:
    from pydantic_ai.models import Model

ModelFactory = Callable[[], "Model"]


class BuiltinRunner:
    """Soulcaster's own agent. `model` is called on the thread that will use the model."""

    name = "builtin"
    title = "Soulcaster agent"

    def __init__(
        self, model: ModelFactory, *, request_limit: int = 60, test_timeout: float = 300.0
    ) -> None:
        self._model = model
        self._request_limit = request_limit
        self._test_timeout = test_timeout

    def work(self, task: Task, sandbox: Sandbox, listener: Listener) -> Verdict:
        """See HostedRunner."""
        from agents.runners.builtin.loop import run_round

        workspace = Workspace(sandbox, task, test_timeout=self._test_timeout)
        return run_beside(
            listener,
            lambda relay: run_round(task, workspace, relay, self._model, self._request_limit),
        )
