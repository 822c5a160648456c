"""The agent's commits on their way from the sandbox to the worker's mirror."""

from __future__ import annotations

from agents.pipelines import keeping
from agents.pipelines.base import Stop
from agents.pipelines.commands import script
from agents.pipelines.pr_text import start_message
from agents.pipelines.run import FixRun
from agents.sandboxes.base import SandboxError, SandboxLost
from clusters.forges.base import DiskFull
from clusters.forges.mirrors import GitError

_COMMITTED = "committed\n"
# Wherever the agent has gone, what it has now becomes the branch that is taken back.
_COMMIT = """
git checkout -q -B work
git add --all
if git diff --cached --quiet; then exit; fi
git commit -q --no-verify -m "$1"
echo committed
"""


def take_back(run: FixRun, number: int) -> str:
    """Bring the commits of the sandbox into the mirror; the head, or '' when nothing changed."""
    start = run.start_commit()
    try:
        _commit_left_over(run, number)
        data = run.sandbox.get_commits(start)
    except SandboxLost:
        raise
    except SandboxError as error:
        said = f"The agent left the repository in a state that cannot be committed: {error}"
        raise Stop("agent_failed", said) from error
    if not data:
        return ""
    bundle = run.tools.scratch / "work.bundle"
    bundle.write_bytes(data)
    try:
        head = run.mirror.take_back(bundle, base=start, ref=run.work_ref)
    except DiskFull:
        raise
    except GitError as error:
        raise Stop("agent_failed", f"The agent's commits could not be taken: {error}") from error
    return head if run.mirror.changed(start, head) else ""


def _commit_left_over(run: FixRun, number: int) -> None:
    told = script(run.sandbox, _COMMIT, start_message(run.context))
    if told.text.endswith(_COMMITTED):
        run.journal.say(f"Committed what the agent left uncommitted in round {number}.")


def find_again(run: FixRun, head: str, number: int) -> None:
    """Make sure that this worker's mirror has the head that an earlier worker took back.

    Raises Stop when the sandbox holds something else by now.
    """
    if run.has(head) or keeping.restored(run) == head:
        return
    if take_back(run, number) != head:
        raise Stop("worker_lost", "The agent's commits went away with the worker that had them.")
