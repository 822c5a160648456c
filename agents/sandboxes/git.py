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
_MAX_BUNDLE_BYTES = 128 << 20
_LONG = 900.0
# Whole scripts, because each command of a sandbox costs a start. Nothing is ever put into them:
# what varies are their arguments.
_CHECK_OUT = """
repository=$1 bundle=$2 base=$3 settings=$4
shift 4
trap 'rm -f -- "$bundle"' EXIT
rm -rf -- "$repository"
git init -q -b work "$repository"
cd "$repository"
printf %s "$settings" >> .git/config
# Before the fetch: a bundle of a shallow history can be fetched, but never cloned.
if [ $# -gt 0 ]; then printf '%s\\n' "$@" > .git/shallow; fi
git fetch -q --no-tags "$bundle" '+refs/*:refs/soulcaster/base/*'
git reset -q --hard "$base"
"""
_NOTHING = "no commits\n"
_BUNDLE = """
rm -f -- .????????????????.out
cd "$1"
if [ "$(git rev-list --count "$3")" = 0 ]; then echo 'no commits'; exit; fi
git bundle create -q "$2" "$3"
"""
_ENV = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
}
# An agent's commit must not fail for want of a name, nor start a clean-up behind its back.
_SETTINGS = """\
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
    if upload is None:
        sandbox.write(inside, bundle.read_bytes())
    else:
        upload(inside, bundle)
    _run(sandbox, _CHECK_OUT, sandbox.repository, inside, base, _SETTINGS, *shallow)


def get_commits(sandbox: Sandbox, base: str) -> bytes:
    """A git bundle of `base..work`; empty bytes when there are no commits."""
    _check_object(base)
    # A name that nobody inside could have prepared. The next one removes it.
    inside = f"{sandbox.root}/.{secrets.token_hex(8)}.out"
    told = _run(sandbox, _BUNDLE, sandbox.repository, inside, f"{base}..refs/heads/{BRANCH}")
    if told.text.endswith(_NOTHING):
        return b""
    return sandbox.read(inside, limit=_MAX_BUNDLE_BYTES)


def _run(sandbox: Sandbox, script: str, *arguments: str) -> CommandResult:
    """Run one of the scripts of this module; raises SandboxError with what it said."""
    argv = ["sh", "-ec", script, "git", *arguments]
    result = sandbox.run(argv, cwd=sandbox.root, env=_ENV, timeout=_LONG)
    if not result.ok:
        raise SandboxError(f"git failed in the sandbox: {result.text.strip()[-500:]}")
    return result


def _check_object(name: str) -> None:
    if not _OBJECT.fullmatch(name):
        raise SandboxError(f"{name[:80]!r} is not the full name of a commit.")
