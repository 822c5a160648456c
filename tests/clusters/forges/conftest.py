"""Repositories that the tests of forges begin with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from clusters.forges.mirrors import Mirror
from tests.clusters.forges.repositories import WorkingCopy

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
