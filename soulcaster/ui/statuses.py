"""How each status looks: a word, a tone and a shape, so that colour is never the only sign."""

from __future__ import annotations

from typing import NamedTuple


class Look(NamedTuple):
    """`tone`: good | warn | bad | busy | idle. `icon`: a name of `soulcaster.ui.icons`."""

    label: str
    tone: str
    icon: str


_LOOKS: dict[str, dict[str, Look]] = {
    "cluster": {
        "new": Look("New", "idle", "ring"),
        "planned": Look("Planned", "idle", "half"),
        "fixing": Look("Fixing", "busy", "busy"),
        "pr_opened": Look("PR open", "good", "pull"),
        "resolved": Look("Resolved", "good", "check"),
        "dismissed": Look("Dismissed", "idle", "slash"),
    },
    "job": {
        "pending": Look("Waiting", "idle", "dashed"),
        "awaiting_approval": Look("Awaiting approval", "warn", "pause"),
        "provisioning": Look("Preparing", "busy", "busy"),
        "running": Look("Running", "busy", "busy"),
        "completed": Look("Completed", "good", "check"),
        "failed": Look("Failed", "bad", "cross"),
        "cancelled": Look("Cancelled", "idle", "slash"),
    },
    # A completed job is only good news when the tests proved it.
    "outcome": {
        "verified": Look("Verified", "good", "check"),
        "unverified": Look("Unverified", "warn", "alert"),
        "no_tests": Look("No tests", "warn", "alert"),
        "no_model": Look("No model", "warn", "alert"),
        "guard_blocked": Look("Kept back", "warn", "alert"),
        "budget_spent": Look("Budget spent", "warn", "alert"),
        "rejected": Look("Rejected", "warn", "slash"),
        "cancelled": Look("Cancelled", "idle", "slash"),
    },
    "step": {
        "running": Look("Running", "busy", "busy"),
        "completed": Look("Done", "good", "check"),
        "failed": Look("Failed", "bad", "cross"),
        "skipped": Look("Not run", "idle", "slash"),
        "waiting": Look("To do", "idle", "dashed"),
    },
    "receipt": {
        "passed": Look("Passed", "good", "check"),
        "failed": Look("Failed", "bad", "cross"),
        "no_tests": Look("No tests", "warn", "alert"),
        "timed_out": Look("Timed out", "bad", "cross"),
        "error": Look("Broken", "bad", "cross"),
    },
    "test": {
        "passed": Look("passed", "good", "check"),
        "failed": Look("failed", "bad", "cross"),
        "error": Look("broken", "bad", "cross"),
        "skipped": Look("skipped", "idle", "slash"),
        "": Look("not there", "idle", "dashed"),
    },
    "pull": {
        "draft": Look("Draft", "idle", "draft"),
        "open": Look("Ready", "good", "pull"),
        "merged": Look("Merged", "busy", "merged"),
        "closed": Look("Closed", "bad", "closed"),
    },
    "actionability": {
        "actionable": Look("Actionable", "good", "check"),
        "needs_info": Look("Needs information", "warn", "half"),
        "not_actionable": Look("Not actionable", "idle", "slash"),
    },
    "severity": {
        "low": Look("Low", "idle", "ring"),
        "medium": Look("Medium", "idle", "half"),
        "high": Look("High", "warn", "alert"),
        "critical": Look("Critical", "bad", "alert"),
    },
    "source": {
        "receiving": Look("Receiving", "good", "check"),
        "waiting": Look("Waiting for the first report", "idle", "dashed"),
        "quiet": Look("Quiet", "idle", "ring"),
        "unfinished": Look("Secret missing", "warn", "alert"),
        "paused": Look("Paused", "idle", "pause"),
        "error": Look("Error", "bad", "cross"),
        "syncing": Look("Syncing", "busy", "busy"),
    },
    # Something that was sent to a source.
    "intake": {
        "waiting": Look("Waiting", "idle", "dashed"),
        "done": Look("Read", "good", "check"),
        "refused": Look("Refused", "bad", "cross"),
    },
}


def look(kind: str, value: str) -> Look:
    """The look of one value; a value that is not known shows as it is."""
    known = _LOOKS[kind].get(value)
    return known or Look(value.replace("_", " ").capitalize() or "Unknown", "idle", "ring")


def job_look(status: str, outcome: str) -> Look:
    """The look of a job: how it ended, when it has ended."""
    if status == "completed" and outcome in _LOOKS["outcome"]:
        return _LOOKS["outcome"][outcome]
    return look("job", status)


def values(kind: str) -> list[str]:
    """Every value of one kind of status, for the style guide."""
    return list(_LOOKS[kind])


KINDS = tuple(_LOOKS)
