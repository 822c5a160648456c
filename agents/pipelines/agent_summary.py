"""The agent's own summary for the pull request: a file outside of the repository."""

from __future__ import annotations

from agents.pipelines.quoting import shortened, visible
from agents.pipelines.run import FixRun
from agents.sandboxes.base import Sandbox, SandboxError, SandboxLost

_MAX_BYTES = 64 << 10
_MAX_SUMMARY = 3_000  # characters


def path(sandbox: Sandbox) -> str:
    """Where the agent is asked to leave it."""
    return f"{sandbox.root}/summary.md"


def read(run: FixRun) -> str:
    """What the agent left there, shortened; '' when there is nothing that can be read."""
    try:
        data = run.sandbox.read(path(run.sandbox), limit=_MAX_BYTES)
    except SandboxLost:
        raise
    except SandboxError:
        return ""  # it is a courtesy: most ways not to have one are no reason to fail
    return shortened(visible(data.decode("utf-8", "replace")).strip(), _MAX_SUMMARY)
