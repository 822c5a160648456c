"""The commits of a job, kept as a file from the moment they come back.

The next worker may have another mirror, and a person may want to try the job again from a later
step. They are kept for the platform alone: nobody has looked at them yet, and there may be a
secret in them.
"""

from __future__ import annotations

from agents.pipelines.base import Artifact
from agents.pipelines.run import FixRun
from clusters.forges import bundles
from clusters.forges.base import DiskFull
from clusters.forges.mirrors import GitError

KIND = "commits"
NAME = "commits.bundle"
MEDIA_TYPE = "application/x-git-bundle"
# Bytes; what is larger stays in the mirror of the worker that has it.
MOST = 16 << 20
_HEAD = "kept-head"


def keep(run: FixRun, head: str) -> None:
    """Store what the branch has beyond the base, in the place of what was kept before."""
    if run.journal.recall(_HEAD) == head:
        return
    data = bundles.new_commits(run.mirror.path, run.base, head)
    if len(data) > MOST:
        forget(run)
        size = f"{MOST >> 20} MiB"
        run.journal.say(f"The commits are larger than {size}, so they are not kept for a retry.")
        return
    run.journal.artifact(Artifact(KIND, NAME, MEDIA_TYPE, data))
    run.journal.remember(_HEAD, head)


def restored(run: FixRun) -> str:
    """Bring the kept commits into this worker's mirror; their head, or '' when there are none."""
    data = run.journal.kept(KIND, NAME)
    if not data:
        return ""
    try:
        return run.bring(data)
    except DiskFull:
        raise
    except GitError:
        run.journal.say("The commits that were kept cannot be read.")
        return ""


def forget(run: FixRun) -> None:
    """They must not leave: a person rejected them, or there is a secret in them."""
    if run.journal.kept(KIND, NAME):
        run.journal.artifact(Artifact(KIND, NAME, MEDIA_TYPE, b""))
    run.journal.remember(_HEAD, "")
