"""Clean checkouts in the sandbox, beside the repository that the agent works in.

Receipts are about commits, so tests run where nothing but the commit is. The files come from the
worker's mirror, because an agent can change every file of its repository's .git.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from agents.pipelines import made as packages
from agents.pipelines.commands import REMOVE, checked, git, script
from agents.sandboxes.base import Sandbox
from clusters.forges.mirrors import Mirror

_BATCH = 200
_SPECIAL = re.compile(r"[\\*?\[\]!# ]")
# Tools look for settings in every folder above; in ours they find these, and go no further.
# Some go on (npm and Vite for the root of a workspace, Yarn, Cargo), all look into the home, which
# is one of those folders, and a few find compiled code in TMPDIR: what setup did not leave there
# is removed. Node.js looks for modules in every folder above, and in the home.
_CHECK_OUT = f"""{REMOVE}
if [ -z "$5" ]; then
  for each in * .[!.]* ..?*; do
    if [ -d "$each" ] && [ ! -L "$each" ]; then continue; fi
    case "$each" in summary.md | "${{3##*/}}") ;; *) rm -f -- "$each" ;; esac
  done
  remove {" ".join(packages.SETTINGS)} .cargo/config .cargo/config.toml
  if [ -n "$TMPDIR" ]; then
    for each in "$TMPDIR"/* "$TMPDIR"/.[!.]* "$TMPDIR"/..?*; do remove "$each" || :; done
  fi
fi
remove "$1" node_modules .node_modules .node_libraries
mkdir -p -- "$2"
printf '[pytest]\\n' > "$1/pytest.ini"
for name in package.json tsconfig.json .mocharc.json; do printf '{{}}\\n' > "$1/$name"; done
git init -q --template= "$2"
cd "$2"
printf %s "$4" > .git/shallow
git fetch -q "$3" refs/heads/base
git checkout -q --detach FETCH_HEAD
rm -f -- "$3"
"""


def clean_checkout(
    sandbox: Sandbox,
    mirror: Mirror,
    commit: str,
    *,
    name: str,
    scratch: Path,
    made: Sequence[str] = (),
    kept: Mapping[str, str] | None = None,
    fresh: bool = False,
) -> str:
    """Check a commit of the mirror out at a fresh folder of the sandbox; the folder.

    `made` are paths that setup left in the repository, and `kept` the digests of the packages
    that hold them; without those they are copied from the repository. `fresh` says that nothing
    but setup has run so far. Earlier checkouts, and whatever an agent or a test has put beside
    them, are removed. Raises Changed when what setup installed is not what it was.
    """
    checks = f"{sandbox.root}/checks"
    folder = f"{checks}/{name}"
    # By a name that nobody inside could have prepared.
    inside, bundle = f"{sandbox.root}/.{secrets.token_hex(8)}.bundle", scratch / f"{name}.bundle"
    shallow = mirror.bundle(commit, bundle, depth=1)
    sandbox.write(inside, bundle.read_bytes())
    bundle.unlink()
    lines = "".join(f"{sha}\n" for sha in shallow)
    as_left = "fresh" if fresh else ""
    script(sandbox, _CHECK_OUT, checks, folder, inside, lines, as_left, cwd=sandbox.root)
    if kept:
        packages.put_back(sandbox, kept, folder, fresh=fresh)
    else:
        _copy(sandbox, made, folder)
    return folder


def _copy(sandbox: Sandbox, made: Sequence[str], folder: str) -> None:
    there = [path for path in made if _exists(sandbox, path)]
    for at in range(0, len(there), _BATCH):
        batch = [f"./{path.rstrip('/')}" for path in there[at : at + _BATCH]]
        command = ["cp", "-a", "--parents", "--", *batch, folder]
        checked(sandbox, command, cwd=sandbox.repository, timeout=600.0)


def _exists(sandbox: Sandbox, path: str) -> bool:
    # The agent may have removed what setup made.
    place = f"{sandbox.repository}/{path.rstrip('/')}"
    return sandbox.run(["test", "-e", place], cwd=sandbox.root).ok


def made_files(sandbox: Sandbox, *, limit: int = 2_000) -> list[str]:
    """Paths in the repository that git does not know and no tool made for itself alone.

    Whole folders end with a slash.
    """
    found = git(sandbox, "ls-files", "-z", "--others", "--directory", "--no-empty-directory")
    paths = [path for path in found.text.split("\0") if path]
    return [path for path in paths if not _is_by_product(path)][:limit]


def put_back(sandbox: Sandbox) -> list[str]:
    """Undo what setup changed in files of the commit, which is no part of any change; their paths."""
    changed = git(sandbox, "diff", "-z", "--name-only", "--no-ext-diff", "--no-textconv", "HEAD")
    paths = [path for path in changed.text.split("\0") if path]
    if paths:
        git(sandbox, "reset", "-q", "--hard", "HEAD")
    return paths


def leave_out(sandbox: Sandbox, made: Sequence[str]) -> None:
    """Let git in the repository overlook what setup made: it is no part of any change."""
    if not made:
        return
    place = f"{sandbox.repository}/.git/info/exclude"
    lines = "".join(f"/{_SPECIAL.sub(_escaped, path)}\n" for path in made)
    sandbox.write(place, sandbox.read(place) + b"\n" + lines.encode())


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


def _is_by_product(path: str) -> bool:
    last = path.rstrip("/").rpartition("/")[2]
    caches = {"__pycache__", ".pytest_cache", ".hypothesis", ".coverage", ".venv", "venv"}
    return last in caches or last.endswith((".egg-info", ".pyc")) or ".egg-info/" in path
