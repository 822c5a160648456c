"""What a user's path turns out to be."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from clusters.forges.detect import Detected, inspect
from tests.clusters.forges.repositories import WorkingCopy, listing


def test_a_working_copy(source: WorkingCopy) -> None:
    before = listing(source.path)
    assert inspect(source.path) == Detected(True, False, "main", source.head())
    assert listing(source.path) == before


def test_a_bare_repository(source: WorkingCopy, tmp_path: Path) -> None:
    source.git("clone", "-q", "--bare", source.path, tmp_path / "bare.git")
    assert inspect(tmp_path / "bare.git") == Detected(True, False, "main", source.head())


def test_a_second_work_tree(source: WorkingCopy, tmp_path: Path) -> None:
    source.git("worktree", "add", "-q", "-b", "side", tmp_path / "side")
    assert inspect(tmp_path / "side").branch == "side"


def test_a_link_to_a_working_copy(source: WorkingCopy, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(source.path)
    assert inspect(tmp_path / "link").git


def test_a_detached_head_has_no_branch(source: WorkingCopy) -> None:
    source.git("checkout", "-q", "--detach")
    assert inspect(source.path) == Detected(True, False, "", source.head())


def test_a_repository_without_commits(tmp_path: Path) -> None:
    WorkingCopy(tmp_path / "new", branch="trunk")
    found = inspect(tmp_path / "new")
    assert (found.git, found.empty, found.branch, found.head) == (True, True, "trunk", "")
    assert "has no commits yet" in found.reason


def test_a_folder_inside_a_repository_names_the_root(source: WorkingCopy) -> None:
    found = inspect(source.path / "docs")
    assert not found.git
    assert f"use {source.path} instead" in found.reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "does not exist"),
        ("file", "is not a folder"),
        ("folder", "is not a git repository"),
        ("a\0b", "cannot be read"),
        ("a" * 300, "cannot be read"),
    ],
)
def test_what_is_no_repository_is_told_in_a_sentence(
    tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    found = inspect(tmp_path / name)
    assert not found.git
    assert reason in found.reason


def test_a_folder_that_may_not_be_read(
    source: WorkingCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "the right to read it" in inspect(source.path).reason


def test_a_broken_repository(source: WorkingCopy) -> None:
    (source.path / ".git" / "HEAD").write_text("nonsense\n")
    assert "is not a git repository" in inspect(source.path).reason


def test_a_configuration_that_points_elsewhere(source: WorkingCopy) -> None:
    source.git("config", "core.worktree", "/nonexistent")
    assert not inspect(source.path).git


def test_another_kind_of_object_names(tmp_path: Path) -> None:
    copy = WorkingCopy(tmp_path / "new")
    shutil.rmtree(copy.path / ".git")
    copy.git("init", "-q", "--object-format=sha256")
    copy.commit({"a": "a\n"})
    assert "SHA-256" in inspect(copy.path).reason
