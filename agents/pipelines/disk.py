"""Where there is no space left: the platform's own disks, not the sandbox's limits."""

from __future__ import annotations

import errno

from agents.sandboxes.base import SandboxError
from clusters.forges.base import DiskFull, ForgeError

_FULL = {errno.ENOSPC, errno.EDQUOT}


def full(error: BaseException) -> str:
    """A sentence that says where, if an error came of a full disk, else ''."""
    if isinstance(error, DiskFull) or (isinstance(error, ForgeError) and error.code == "disk_full"):
        return f"There is no space left for the platform's copy of the repository: {error}"
    if not _is_full(error):
        return ""
    place = "the sandboxes are" if isinstance(error, SandboxError) else "the platform works"
    return f"There is no space left where {place}."


def _is_full(error: BaseException | None) -> bool:
    """Whether it, or what it was made of, is the system's word for that."""
    seen: set[int] = set()  # an error may be its own cause: whoever told it again said so
    while error is not None and id(error) not in seen:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        seen.add(id(error))
        error = error.__cause__
    return False
