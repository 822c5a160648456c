"""The demonstration: a small real project, what people say about it, and a recorded agent.

Plain Python: no Django here. The project and its history are made on the spot, so that the
demonstration needs no account and no network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from soulcaster.demo.history import HISTORY, Chapter

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Material:
    """Where the parts of the demonstration lie."""

    repository: Path  # the project's files, without git
    reports: tuple[Path, ...]  # one file per kind of source, to be imported
    transcript: Path  # what the recorded agent says and does


def material() -> Material:
    """The demonstration's files."""
    reports = sorted(path for path in (_HERE / "reports").iterdir() if path.is_file())
    return Material(_HERE / "repository", tuple(reports), _HERE / "transcripts" / "fix.json")


def build_repository(target: Path) -> str:
    """Make the demo project's git repository at `target` (a new folder); its newest commit.

    The history is the same every time, down to the commit ids.
    """
    target.mkdir(parents=True)
    _git(target, "init", "--quiet", "--initial-branch=main")
    for chapter in HISTORY:
        _write(chapter, target)
    return _git(target, "rev-parse", "HEAD")


def _write(chapter: Chapter, target: Path) -> None:
    for path in chapter.paths:
        copy = target / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_HERE / "repository" / path, copy)
        copy.chmod(0o644)
    _git(target, "add", "--force", "--", *chapter.paths)
    _git(target, "commit", "--quiet", f"--message={chapter.message}", chapter=chapter)


def _git(target: Path, *arguments: str, chapter: Chapter | None = None) -> str:
    """Run git in `target`, untouched by the settings of whoever runs it."""
    settings = ("-c", "core.autocrlf=false", "-c", "commit.gpgsign=false", "-c", "gc.auto=0")
    done = subprocess.run(
        ["git", *settings, *arguments],  # noqa: S607 (git is wherever PATH says)
        cwd=target,
        env={**_environment(), **(_signature(chapter) if chapter else {})},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def _environment() -> dict[str, str]:
    """The caller's environment without its git settings, which could point elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def _signature(chapter: Chapter) -> dict[str, str]:
    return {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (
            ("NAME", chapter.author),
            ("EMAIL", chapter.email),
            ("DATE", chapter.at),
        )
    }
