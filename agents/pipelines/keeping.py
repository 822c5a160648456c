"""The commits of a job that waits, kept in its journal: the next worker may have another mirror."""

from __future__ import annotations

import base64
import binascii

from agents.pipelines.run import FixRun
from clusters.forges import bundles
from clusters.forges.mirrors import GitError

# Bytes; what is larger stays in the mirror of the worker that has it.
_MOST = 8 << 20
_KEY = "kept-commits"


def keep(run: FixRun, head: str) -> None:
    """Store what the branch has beyond its start."""
    data = bundles.new_commits(run.mirror.path, run.start_commit(), head)
    if len(data) <= _MOST:
        run.journal.remember(_KEY, base64.b64encode(data).decode())


def restored(run: FixRun) -> str:
    """Bring the kept commits into this worker's mirror; their head, or '' when there are none."""
    kept = run.journal.recall(_KEY)
    if not kept:
        return ""
    bundle = run.tools.scratch / "kept.bundle"
    try:
        bundle.write_bytes(base64.b64decode(kept))
        return run.mirror.take_back(bundle, base=run.start_commit(), ref=run.work_ref)
    except (GitError, binascii.Error):
        run.journal.say("The commits that were kept for the wait cannot be read.")
        return ""


def forget(run: FixRun) -> None:
    """They are published, or not wanted."""
    run.journal.remember(_KEY, "")
