"""Merging on the local forge."""

from __future__ import annotations

from pathlib import Path

import pytest

from clusters.forges import git, merging
from clusters.forges.base import ForgeError, PullState
from clusters.forges.local import LocalForge
from tests.clusters.forges.contract import BRANCH, Work
from tests.clusters.forges.repositories import ANN, Files, written


def _merged(forge: LocalForge, work: Work) -> str:
    return forge.merge(work.ready().number, author=ANN).merge_sha


def test_two_sides_that_touch_other_lines_are_merged(forge: LocalForge, work: Work) -> None:
    text = (work.mirror.read("main", "app.py") or b"").replace(b"line 20", b"last")
    files: Files = {"app.py": text, "docs/more.md": "more\n"}
    sha = written(work.mirror, work.base, files)
    forge.push(work.mirror, sha, "main")
    _merged(forge, work)
    mirror = forge.mirror()
    merged = mirror.read("main", "app.py") or b""
    assert merged.startswith(b"fixed\n")
    assert merged.endswith(b"last\n")
    assert "docs/more.md" in mirror.tree("main")


def test_an_older_git_merges_to_the_same_tree(work: Work) -> None:
    text = (work.mirror.read("main", "app.py") or b"").replace(b"line 20", b"last")
    files: Files = {"app.py": text, "b": "b\n"}
    theirs = written(work.mirror, work.base, files)
    path = work.mirror.path
    old = merging.with_index(path, work.base, work.head, theirs)
    assert old == merging.merged_tree(path, work.head, theirs)


def test_an_older_git_tells_a_conflict(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git, "version", lambda: (2, 30))
    theirs = written(work.mirror, work.base, {"app.py": "all new\n"})
    with pytest.raises(merging.ConflictError):
        merging.merged_tree(work.mirror.path, work.head, theirs)


def test_branches_without_common_history_are_a_conflict(work: Work) -> None:
    stranger = written(work.mirror, "", {"app.py": "all new\n"})
    with pytest.raises(merging.ConflictError, match="no common history"):
        merging.merged_tree(work.mirror.path, work.base, stranger)


def test_a_merge_commit_has_both_parents_and_the_mergers_name(
    forge: LocalForge, work: Work
) -> None:
    merged = _merged(forge, work)
    last = forge.mirror().commits(work.base, merged)[-1]
    assert (last.title, last.author) == ("Merge pull request #1: Fix it", ANN.name)
    assert forge.mirror().is_ancestor(work.head, merged)


def test_a_merge_that_stopped_half_way_is_finished(forge: LocalForge, work: Work) -> None:
    pull = work.ready()
    work.push(work.head, "even better", BRANCH)
    forge.push(forge.mirror(), BRANCH, "main")
    merged = forge.merge(pull.number, author=ANN)
    assert merged.state is PullState.MERGED
    assert merged.merge_sha == forge.mirror().resolve("main")


def test_a_base_branch_that_moves_during_the_merge_is_not_lost(
    forge: LocalForge, work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull = work.ready()
    moved = work.mirror.empty_commit(work.base, "Meanwhile", ANN)
    original = merging.merged_tree

    def slow(repository: Path, ours: str, theirs: str) -> str:
        work.mirror.push(str(tmp_path / "home" / "repository.git"), moved, "main")
        return original(repository, ours, theirs)

    monkeypatch.setattr(merging, "merged_tree", slow)
    with pytest.raises(ForgeError) as caught:
        forge.merge(pull.number, author=ANN)
    assert caught.value.code == "base_moved"
    assert forge.mirror().resolve("main") == moved


def test_a_merged_one_is_merged_once(forge: LocalForge, work: Work) -> None:
    first = _merged(forge, work)
    assert forge.merge(1, author=ANN).merge_sha == first
    assert forge.close(1).state is PullState.MERGED


def test_a_closed_one_is_neither_merged_nor_made_ready(forge: LocalForge, work: Work) -> None:
    forge.close(work.open().number)
    with pytest.raises(ForgeError) as caught:
        forge.merge(1, author=ANN)
    assert caught.value.code == "pr_not_open"
    with pytest.raises(ForgeError, match="is closed already"):
        forge.mark_ready(1)
