"""Repositories that the tests of forges begin with."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from clusters.forges.local import LocalForge
from clusters.forges.mirrors import Mirror
from tests.clusters.forges.contract import BRANCH, Work
from tests.clusters.forges.repositories import Files, WorkingCopy

FILES = {
    "app.py": "".join(f"line {number}\n" for number in range(1, 21)),
    "docs/guide.md": "# Guide\n",
}


@pytest.fixture(scope="session")
def _pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = WorkingCopy(tmp_path_factory.mktemp("pattern"))
    copy.commit({"README.md": "Hello\n"}, "First")
    copy.commit(FILES, "Second")
    return copy.path


@pytest.fixture
def source(tmp_path: Path, _pattern: Path) -> WorkingCopy:
    """A person's working copy with two commits on main."""
    shutil.copytree(_pattern, tmp_path / "source")
    return WorkingCopy(tmp_path / "source", there=True)


@pytest.fixture(scope="session")
def _fetched(tmp_path_factory: pytest.TempPathFactory, _pattern: Path) -> Path:
    mirror = Mirror(tmp_path_factory.mktemp("fetched") / "1.git")
    mirror.fetch(str(_pattern))
    return mirror.path


@pytest.fixture
def mirror(tmp_path: Path, _fetched: Path) -> Mirror:
    """A mirror of the working copy, fetched."""
    shutil.copytree(_fetched, tmp_path / "mirrors" / "1.git")
    return Mirror(tmp_path / "mirrors" / "1.git")


ODD: Files = {
    "-rf": "dash\n",
    "--help": "dashes\n",
    "a\nb.txt": "newline\n",
    'quo"te.txt': "quote\n",
    "tab\there": "tab\n",
    "größe.txt": "größe\n",
    ":(glob)*": "magic\n",
    "latin.txt": "caf\xe9\n".encode("latin-1"),
    "binary.bin": b"\x00\x01\x02",
    "sub/deep/file": "deep\n",
}


@pytest.fixture
def odd(source: WorkingCopy) -> WorkingCopy:
    """A working copy with everything that git allows and people rarely expect."""
    (source.path / "link").symlink_to("/etc/passwd")
    (source.path / os.fsdecode(b"raw\xff.txt")).write_text("raw\n")
    source.commit(ODD)
    module = f"160000,{source.head()},module"
    source.git("update-index", "--add", "--cacheinfo", module)
    source.git("commit", "-q", "-m", "A submodule")
    return source


@pytest.fixture(scope="session")
def _copied(tmp_path_factory: pytest.TempPathFactory, _pattern: Path) -> Path:
    home = tmp_path_factory.mktemp("home")
    LocalForge(home, tmp_path_factory.mktemp("mirrors") / "1.git", source=_pattern).mirror()
    return home


@pytest.fixture
def forge(tmp_path: Path, source: WorkingCopy, mirror: Mirror, _copied: Path) -> LocalForge:
    """A forge that has copied its source already; its first time has tests of its own."""
    shutil.copytree(_copied, tmp_path / "home")
    return LocalForge(tmp_path / "home", mirror.path, source=source.path)


@pytest.fixture
def work(forge: LocalForge) -> Work:
    mirror = forge.mirror()
    work = Work(forge, mirror, mirror.resolve("main"), "")
    work.head = work.push(work.base, "fixed", BRANCH)
    return work
