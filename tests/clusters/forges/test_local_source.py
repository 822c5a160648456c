"""How the local forge treats the repository of its user."""

from __future__ import annotations

from pathlib import Path

import pytest

from clusters.forges.base import ForgeError
from clusters.forges.local import LocalForge
from clusters.forges.mirrors import Mirror
from tests.clusters.forges.contract import BRANCH, Work
from tests.clusters.forges.repositories import ANN, WorkingCopy, listing, worked_on


def _merged(forge: LocalForge, work: Work) -> str:
    return forge.merge(work.ready().number, author=ANN).merge_sha


def test_the_source_is_never_changed(forge: LocalForge, source: WorkingCopy, work: Work) -> None:
    before = listing(source.path)
    forge.access()
    _merged(forge, work)
    forge.mirror()
    forge.delete_branch(BRANCH)
    assert listing(source.path) == before


def test_new_commits_of_the_source_arrive(forge: LocalForge, source: WorkingCopy) -> None:
    forge.mirror()
    sha = source.commit({"new.py": "pass\n"})
    assert forge.mirror().resolve("main") == sha


def test_an_amended_branch_of_the_source_arrives(forge: LocalForge, source: WorkingCopy) -> None:
    forge.mirror()
    source.git("commit", "-q", "--amend", "-m", "Better words")
    assert forge.mirror().resolve("main") == source.head()


def test_the_products_own_branches_are_not_taken_from_the_source(
    forge: LocalForge, source: WorkingCopy
) -> None:
    source.git("branch", "soulcaster/9-9")
    source.git("branch", "feature")
    assert sorted(forge.mirror().branches()) == ["feature", "main"]


def test_a_merge_survives_a_source_that_went_elsewhere(
    forge: LocalForge, source: WorkingCopy, work: Work
) -> None:
    merged = _merged(forge, work)
    source.commit({"other.py": "pass\n"})
    assert forge.mirror().resolve("main") == merged


def test_a_source_that_took_the_merge_goes_on(
    forge: LocalForge, source: WorkingCopy, work: Work, tmp_path: Path
) -> None:
    _merged(forge, work)
    source.git("pull", "-q", "--ff-only", tmp_path / "home" / "repository.git", "main")
    sha = source.commit({"other.py": "pass\n"})
    assert forge.mirror().resolve("main") == sha


def test_branch_names_that_git_cannot_keep_together_stay_apart(
    forge: LocalForge, source: WorkingCopy
) -> None:
    source.git("branch", "topic")
    forge.mirror()
    source.git("branch", "-D", "topic")
    source.git("branch", "topic/one")
    assert sorted(forge.mirror().branches()) == ["main", "topic"]


def test_the_default_branch_stays_when_the_source_switches(
    forge: LocalForge, source: WorkingCopy
) -> None:
    forge.mirror()
    source.git("switch", "-q", "-c", "feature")
    assert forge.mirror().default_branch() == "main"
    assert forge.access().default_branch == "main"


@pytest.mark.parametrize("branch", ["main", "trunk"])
def test_a_detached_source_has_a_default_branch(tmp_path: Path, branch: str) -> None:
    source = WorkingCopy(tmp_path / "detached", branch=branch)
    source.commit({"a": "a\n"})
    source.git("checkout", "-q", "--detach")
    forge = LocalForge(tmp_path / "home", tmp_path / "m.git", source=source.path)
    assert forge.access().default_branch == branch
    assert forge.mirror().default_branch() == branch


def test_a_folder_that_is_no_repository_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    forge = LocalForge(tmp_path / "home", tmp_path / "m.git", source=tmp_path / "folder")
    with pytest.raises(ForgeError, match="is not a git repository") as caught:
        forge.access()
    assert caught.value.code == "repository_unavailable"
    with pytest.raises(ForgeError, match="is not a git repository"):
        forge.mirror()


def test_a_source_without_commits_is_empty(tmp_path: Path) -> None:
    source = WorkingCopy(tmp_path / "new", branch="trunk")
    forge = LocalForge(tmp_path / "home", tmp_path / "m.git", source=source.path)
    access = forge.access()
    assert access.empty
    assert "no commits yet" in access.reason
    assert forge.mirror().branches() == {}
    sha = source.commit({"a": "a\n"})
    assert forge.access().default_branch == "trunk"
    assert forge.mirror().resolve("trunk") == sha


def test_a_shallow_source_makes_the_whole_way(tmp_path: Path, source: WorkingCopy) -> None:
    shallow = WorkingCopy(tmp_path / "clone")
    shallow.git("fetch", "-q", "--depth=1", f"file://{source.path}", "main:refs/heads/start")
    shallow.git("reset", "-q", "--hard", "start")
    forge = LocalForge(tmp_path / "home", tmp_path / "m.git", source=shallow.path)
    mirror = forge.mirror()
    base = mirror.resolve("main")
    sha = worked_on(mirror, base, {"new.py": "pass\n"}, tmp_path / "work")
    forge.push(mirror, sha, BRANCH)
    assert [file.path for file in forge.mirror().changed(base, BRANCH)] == ["new.py"]


def test_a_repository_of_the_products_own_needs_no_source(
    source: WorkingCopy, tmp_path: Path
) -> None:
    Mirror(tmp_path / "home" / "repository.git").fetch(str(source.path))
    forge = LocalForge(tmp_path / "home", tmp_path / "m.git")
    assert forge.access().default_branch == "main"
    assert forge.mirror().resolve("main") == source.head()


def test_a_home_with_nothing_in_it_is_empty(tmp_path: Path) -> None:
    forge = LocalForge(tmp_path / "home", tmp_path / "m.git")
    assert forge.access().empty
    assert forge.pulls() == []
    assert forge.find_pr(BRANCH) is None
