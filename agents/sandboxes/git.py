"""Git in and out of a sandbox, for every provider: only `run`, `read` and `write` are needed.

Only commits travel. No token ever enters a sandbox, and git itself runs inside only: the
repository belongs to a stranger's code.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from agents.sandboxes.base import CommandResult, Sandbox, SandboxError

BRANCH = "work"

_OBJECT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_TAKEN_REFS = "refs/soulcaster/base"
_MAX_BUNDLE_BYTES = 128 << 20
_QUICK, _LONG = 60.0, 900.0
_ENV = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
}
# An agent's commit must not fail for want of a name, nor start a clean-up behind its back.
_SETTINGS = b"""\
[user]
\tname = Soulcaster
\temail = soulcaster@localhost
[gc]
\tauto = 0
[maintenance]
\tauto = false
"""


def put_repository(
    sandbox: Sandbox,
    bundle: Path,
    *,
    base: str,
    shallow: Sequence[str],
    upload: Callable[[str, Path], None] | None = None,
) -> None:
    """Check `base` out at `sandbox.repository`, on branch `work`, from a bundle that holds it.

    `shallow` are the commits whose parents the bundle leaves out. `upload` brings a host file to
    a path inside, where the provider can do better than to hold it in memory. A repository that
    is already there is replaced.
    """
    for name in (base, *shallow):
        _check_object(name)
    inside = f"{sandbox.root}/.{secrets.token_hex(8)}.bundle"
    _run(sandbox, ["rm", "-rf", "--", sandbox.repository], cwd=sandbox.root, timeout=_LONG)
    try:
        if upload is None:
            sandbox.write(inside, bundle.read_bytes())
        else:
            upload(inside, bundle)
        _check_out(sandbox, inside, base, shallow)
    finally:
        _run(sandbox, ["rm", "-f", "--", inside], cwd=sandbox.root)


def get_commits(sandbox: Sandbox, base: str) -> bytes:
    """A git bundle of `base..work`; empty bytes when there are no commits."""
    _check_object(base)
    count = _git(sandbox, "rev-list", "--count", f"{base}..refs/heads/{BRANCH}")
    if count.text.strip() == "0":
        return b""
    # A name that nobody inside could have prepared.
    inside = f"{sandbox.root}/.{secrets.token_hex(8)}.bundle"
    try:
        _git(sandbox, "bundle", "create", "-q", inside, f"{base}..refs/heads/{BRANCH}")
        return sandbox.read(inside, limit=_MAX_BUNDLE_BYTES)
    finally:
        _run(sandbox, ["rm", "-f", "--", inside], cwd=sandbox.root)


def _check_out(sandbox: Sandbox, inside: str, base: str, shallow: Sequence[str]) -> None:
    _run(sandbox, ["git", "init", "-q", "-b", BRANCH, sandbox.repository], cwd=sandbox.root)
    config = f"{sandbox.repository}/.git/config"
    sandbox.write(config, sandbox.read(config) + _SETTINGS)
    if shallow:
        # Before the fetch: a bundle of a shallow history can be fetched, but never cloned.
        lines = "".join(f"{commit}\n" for commit in shallow)
        sandbox.write(f"{sandbox.repository}/.git/shallow", lines.encode())
    _git(sandbox, "fetch", "-q", "--no-tags", inside, f"+refs/*:{_TAKEN_REFS}/*")
    _git(sandbox, "reset", "-q", "--hard", base)


def _git(sandbox: Sandbox, *arguments: str) -> CommandResult:
    return _run(sandbox, ["git", *arguments], cwd=sandbox.repository, timeout=_LONG)


def _run(
    sandbox: Sandbox, argv: Sequence[str], *, cwd: str, timeout: float = _QUICK
) -> CommandResult:
    result = sandbox.run(argv, cwd=cwd, env=_ENV, timeout=timeout)
    if not result.ok:
        what = " ".join(argv[:2])
        raise SandboxError(f"`{what}` failed in the sandbox: {result.text.strip()[-500:]}")
    return result


def _check_object(name: str) -> None:
    if not _OBJECT.fullmatch(name):
        raise SandboxError(f"{name[:80]!r} is not the full name of a commit.")
