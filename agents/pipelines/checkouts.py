"""Clean checkouts in the sandbox, beside the repository that the agent works in.

Receipts are about commits, so tests run where nothing but the commit is. The files come from the
worker's mirror, because an agent can change every file of its repository's .git.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agents.pipelines.commands import checked, git
from agents.sandboxes.base import Sandbox
from clusters.forges.mirrors import Mirror

_BATCH = 200
# pytest looks for settings in every folder above; in ours it finds these, and goes no further.
_NO_SETTINGS = b"[pytest]\n"


def clean_checkout(
    sandbox: Sandbox, mirror: Mirror, commit: str, *, name: str, made: Sequence[str], scratch: Path
) -> str:
    """Check a commit of the mirror out at a fresh folder of the sandbox; the folder.

    `made` are paths in the repository, made by setup, that are copied along. Earlier checkouts,
    and whatever an agent or a test has put beside them, are removed.
    """
    checks = f"{sandbox.root}/checks"
    folder = f"{checks}/{name}"
    inside, bundle = f"{folder}.bundle", scratch / f"{name}.bundle"
    shallow = mirror.bundle(commit, bundle, depth=1)
    checked(sandbox, ["rm", "-rf", "--", checks])
    sandbox.write(f"{checks}/pytest.ini", _NO_SETTINGS)
    sandbox.write(inside, bundle.read_bytes())
    bundle.unlink()
    git(sandbox, "init", "-q", "--template=", folder, cwd=sandbox.root)
    sandbox.write(f"{folder}/.git/shallow", "".join(f"{sha}\n" for sha in shallow).encode())
    git(sandbox, "fetch", "-q", inside, "refs/heads/base", cwd=folder)
    git(sandbox, "checkout", "-q", "--detach", "FETCH_HEAD", cwd=folder)
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


def _is_by_product(path: str) -> bool:
    last = path.rstrip("/").rpartition("/")[2]
    caches = {"__pycache__", ".pytest_cache", ".hypothesis", ".coverage", ".venv", "venv"}
    return last in caches or last.endswith((".egg-info", ".pyc")) or ".egg-info/" in path
