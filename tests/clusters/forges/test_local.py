"""The local forge: the contract, and what only it does."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from clusters.forges import git, merging
from clusters.forges.base import ForgeError, PullState
from clusters.forges.local import LocalForge
from clusters.forges.mirrors import Mirror
from clusters.forges.registry import forge_class
from tests.clusters.forges.contract import BRANCH, ForgeContract, Work
from tests.clusters.forges.repositories import ANN, Files, WorkingCopy, listing, worked_on, written


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


class TestLocalForge(ForgeContract):
    """The contract."""


@pytest.fixture
def work(forge: LocalForge) -> Work:
    mirror = forge.mirror()
    work = Work(forge, mirror, mirror.resolve("main"), "")
    work.head = work.push(work.base, "fixed", BRANCH)
    return work


def _merged(forge: LocalForge, work: Work) -> str:
    return forge.merge(work.ready().number, author=ANN).merge_sha


def test_the_registry_knows_it(tmp_path: Path) -> None:
    assert forge_class("local")(tmp_path / "home", tmp_path / "m.git").kind == "local"
    with pytest.raises(ForgeError, match="no forge"):
        forge_class("remote")


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


def test_a_branch_without_news_cannot_be_proposed(forge: LocalForge, work: Work) -> None:
    forge.push(work.mirror, work.base, "soulcaster/same")
    with pytest.raises(ForgeError) as caught:
        work.open("soulcaster/same")
    assert caught.value.code == "no_changes"


def test_the_default_branch_cannot_be_deleted(forge: LocalForge, work: Work) -> None:
    with pytest.raises(ForgeError) as caught:
        forge.delete_branch("main")
    assert caught.value.code == "branch_protected"
    assert forge.mirror().resolve("main") == work.base


@pytest.mark.parametrize("name", ["-D", "--force", "a..b", "refs/../x", "x\ny"])
def test_hostile_branch_names_are_refused(forge: LocalForge, work: Work, name: str) -> None:
    with pytest.raises(ForgeError):
        forge.push(work.mirror, work.head, name)
    with pytest.raises(ForgeError):
        forge.delete_branch(name)
    with pytest.raises(ForgeError):
        work.open(name)


def test_what_a_pull_request_changes_outlives_its_branch(forge: LocalForge, work: Work) -> None:
    number = work.open().number
    before = forge.diff(number), forge.changed(number), forge.commits(number)
    forge.delete_branch(BRANCH)
    assert "+fixed" in before[0]
    assert (forge.diff(number), forge.changed(number), forge.commits(number)) == before


def test_a_merge_does_not_empty_the_difference(forge: LocalForge, work: Work) -> None:
    number = work.ready().number
    before = forge.diff(number)
    forge.merge(number, author=ANN)
    assert forge.diff(number) == before


def test_a_push_past_the_forge_is_seen(forge: LocalForge, work: Work, tmp_path: Path) -> None:
    number = work.open().number
    sha = written(work.mirror, work.head, {"hand.py": "pass\n"})
    work.mirror.push(str(tmp_path / "home" / "repository.git"), sha, BRANCH)
    assert forge.get_pr(number).head_sha == sha
    assert "hand.py" in [file.path for file in forge.changed(number)]


def test_pulls_are_listed_newest_first_and_by_state(forge: LocalForge, work: Work) -> None:
    work.open()
    work.push(work.base, "second", "soulcaster/7-2")
    forge.close(work.open("soulcaster/7-2").number)
    assert [pull.number for pull in forge.pulls()] == [2, 1]
    assert [pull.number for pull in forge.pulls(PullState.OPEN)] == [1]


def test_texts_are_limited(forge: LocalForge, work: Work) -> None:
    number = work.open().number
    forge.update(number, title="a\n\x1b[31m" + "b" * 1000, body="c\0" * 100_000)
    forge.comment(number, "d" * 100_000, author="e" * 1000)
    pull = forge.get_pr(number)
    assert len(pull.title) == 250
    assert pull.title.isprintable()
    assert len(pull.body) < 66_000
    assert pull.body.endswith("[The rest was cut.]")
    assert "\0" not in pull.body
    assert len(pull.comments[0].text) < 66_000
    assert len(pull.comments[0].author) == 250


def test_half_letters_can_be_kept(forge: LocalForge, work: Work) -> None:
    number = work.open().number
    forge.update(number, title="half \ud800 letter", body="half \ud800 letter")
    assert forge.get_pr(number).body == "half ? letter"


def test_damaged_records_are_told_and_kept(forge: LocalForge, work: Work, tmp_path: Path) -> None:
    work.open()
    file = tmp_path / "home" / "pulls.json"
    file.write_text('{"next": 2, "pulls": [{')
    with pytest.raises(ForgeError, match="damaged"):
        forge.comment(1, "Hello", author="Ann")
    assert file.read_text() == '{"next": 2, "pulls": [{'


def test_many_at_once_lose_no_comment(forge: LocalForge, work: Work, tmp_path: Path) -> None:
    number = work.open().number
    others = [LocalForge(tmp_path / "home", tmp_path / "m.git") for _ in range(8)]
    threads = [
        threading.Thread(target=other.comment, args=(number, "Hello"), kwargs={"author": "Ann"})
        for other in others
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = json.loads((tmp_path / "home" / "pulls.json").read_text())
    assert len(records["pulls"][0]["comments"]) == 8
