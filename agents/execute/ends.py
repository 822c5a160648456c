"""How the work on an execution may end."""

from __future__ import annotations

from dataclasses import dataclass

from agents.pipelines import disk
from agents.runners.registry import UnknownRunner
from agents.sandboxes.base import SandboxError
from agents.services import outages
from clusters.forges.base import RateLimited


@dataclass(frozen=True, slots=True)
class End:
    """How it ended, for now or for good: an outcome's code, and a sentence that says more.

    `again`: the job waits for a further attempt; `aside`: it waits for the forge.
    """

    code: str = ""
    detail: str = ""
    again: bool = False
    aside: RateLimited | None = None
    awaits_approval: bool = False


def of_error(error: Exception) -> End:
    """The end that an error means when no pipeline was there to tell it."""
    if outages.is_full(error) or disk.full(error):
        return End("disk_full", disk.full(error) or outages.DATABASE_FULL)
    match error:
        case SandboxError():
            return End("sandbox_failed", str(error))
        case UnknownRunner():  # it was there when the job began to wait
            return End("runner_not_configured", str(error))
        case _:
            return End("internal_error")
