"""A command that failed because its sandbox has no space left, on a disk of its own for instance."""

from __future__ import annotations

from dataclasses import replace

from agents.sandboxes.base import CommandResult, Exited, Sandbox, SandboxError

_SAID = b"No space left on device"
# As many bytes as the smallest useful work may write; removed again either way.
_PROBE = (
    "head -c 65536 /dev/zero > .space-probe 2>/dev/null; code=$?; rm -f .space-probe; exit $code"
)
_SENTENCE = "The sandbox has no space left on its disk."
TAIL = 4_000  # bytes of the end of an output in which it is looked for


def of_result(sandbox: Sandbox, result: CommandResult) -> CommandResult:
    """The result, with its reason when a full disk made the command fail."""
    if result.reason != "exited" or result.ok or not _is_full(sandbox, result.output[-TAIL:]):
        return result
    return replace(result, reason="disk")


def of_exit(sandbox: Sandbox, exited: Exited, tail: bytes) -> Exited:
    """The same for a command that was followed; `tail` is the end of its output."""
    if exited.reason != "exited" or exited.code == 0 or not _is_full(sandbox, tail):
        return exited
    return replace(exited, reason="disk", error=_SENTENCE)


def _is_full(sandbox: Sandbox, tail: bytes) -> bool:
    # Anybody can print that: it counts when it is so.
    if _SAID not in tail:
        return False
    try:
        tried = sandbox.run(["sh", "-c", _PROBE], cwd=sandbox.root)
    except SandboxError:
        return False
    return tried.reason == "disk" or (tried.reason == "exited" and not tried.ok)
