"""The worker's mirror: fetching, branches and references, pushing."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from clusters.forges.mirrors import GitError, Mirror, locked
from tests.clusters.forges.repositories import (
    ANN,
    WorkingCopy,
    listing,
)


def test_fetching_changes_nothing_in_a_working_copy(source: WorkingCopy, tmp_path: Path) -> None:
    (source.path / "README.md").write_text("not committed\n")
    before = listing(source.path)
    Mirror(tmp_path / "m.git").fetch(str(source.path))
    assert listing(source.path) == before


def test_fetching_changes_nothing_in_a_bare_repository(mirror: Mirror, tmp_path: Path) -> None:
    before = listing(mirror.path)
    Mirror(tmp_path / "m.git").fetch(str(mirror.path))
    assert listing(mirror.path) == before


def test_a_fetch_follows_the_source_and_keeps_the_work(mirror: Mirror, source: WorkingCopy) -> None:
    source.git("branch", "old")
    mirror.fetch(str(source.path))
    mirror.update_ref("refs/soulcaster/1", "main")
    source.git("branch", "-D", "old")
    source.git("commit", "-q", "--amend", "-m", "Other words")
    mirror.fetch(str(source.path))
    assert mirror.branches() == {"main": source.head()}
    assert "1" in mirror.refs("refs/soulcaster/")


def test_the_default_branch_is_the_one_of_the_source(tmp_path: Path) -> None:
    source = WorkingCopy(tmp_path / "s", branch="trunk")
    source.commit({"a": "a\n"})
    mirror = Mirror(tmp_path / "m.git")
    mirror.fetch(str(source.path))
    assert mirror.default_branch() == "trunk"


def test_many_fetches_at_once_take_turns(source: WorkingCopy, tmp_path: Path) -> None:
    failures: list[Exception] = []

    def fetch() -> None:
        try:
            Mirror(tmp_path / "m.git").fetch(str(source.path))
        except GitError as error:
            failures.append(error)

    threads = [threading.Thread(target=fetch) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Mirror(tmp_path / "m.git").resolve("main") == source.head()


def test_a_second_holder_of_a_lock_waits(tmp_path: Path) -> None:
    order: list[str] = []
    started = threading.Event()

    def second() -> None:
        started.set()
        with locked(tmp_path / "a.lock"):
            order.append("second")

    thread = threading.Thread(target=second)
    with locked(tmp_path / "a.lock"):
        thread.start()
        started.wait()
        thread.join(0.05)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_lock_of_a_killed_git_does_not_stay_for_ever(mirror: Mirror, source: WorkingCopy) -> None:
    stale = mirror.path / "refs" / "heads" / "main.lock"
    stale.touch()
    os.utime(stale, (1, 1))
    sha = source.commit({"new": "new\n"})
    mirror.fetch(str(source.path))
    assert mirror.resolve("main") == sha


def test_a_lock_in_use_is_respected(mirror: Mirror, source: WorkingCopy) -> None:
    (mirror.path / "refs" / "heads" / "main.lock").touch()
    source.commit({"new": "new\n"})
    with pytest.raises(GitError):
        mirror.fetch(str(source.path))


def test_a_source_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="git fetch failed"):
        Mirror(tmp_path / "m.git").fetch(str(tmp_path / "gone"))


def test_branches_and_commits_resolve(mirror: Mirror, source: WorkingCopy) -> None:
    sha = source.head()
    for name in ("main", "HEAD", "refs/heads/main", sha, sha[:10]):
        assert mirror.resolve(name) == sha


def test_an_empty_commit_is_the_same_each_time(mirror: Mirror) -> None:
    first = mirror.empty_commit("main", "Start\n", ANN)
    assert mirror.empty_commit("main", "Start\n", ANN) == first
    assert mirror.changed("main", first) == []
    [commit] = mirror.commits("main", first)
    assert (commit.title, commit.author, commit.email) == ("Start", ANN.name, ANN.email)


@pytest.mark.parametrize("name", ["", "<>", "\n", "Ann <root@example.org>\nparent 0"])
def test_a_hostile_author_stays_a_name(mirror: Mirror, name: str) -> None:
    author = type(ANN)(name, "a\n@example.org>")
    [commit] = mirror.commits("main", mirror.empty_commit("main", "Start", author))
    assert commit.author.isprintable()
    assert commit.email == "a@example.org"


def test_a_push_goes_forward_unless_forced(mirror: Mirror, tmp_path: Path) -> None:
    target = Mirror(tmp_path / "target.git")
    target.create()
    one, two = (mirror.empty_commit("main", text, ANN) for text in ("One", "Two"))
    mirror.push(str(target.path), one, "work")
    with pytest.raises(GitError, match=r"non-fast-forward|fetch first"):
        mirror.push(str(target.path), two, "work")
    assert target.resolve("work") == one
    mirror.push(str(target.path), two, "work", force=True)
    assert target.resolve("work") == two


def test_deleting_a_branch_elsewhere_may_be_repeated(mirror: Mirror, tmp_path: Path) -> None:
    target = Mirror(tmp_path / "target.git")
    target.create()
    mirror.push(str(target.path), "main", "work")
    mirror.delete_remote(str(target.path), "work")
    mirror.delete_remote(str(target.path), "work")
    assert target.branches() == {}
    with pytest.raises(GitError):
        mirror.delete_remote(str(tmp_path / "gone"), "work")


def test_a_reference_moves_only_from_where_it_was_thought_to_be(mirror: Mirror) -> None:
    one = mirror.empty_commit("main", "One", ANN)
    mirror.update_ref("refs/soulcaster/1", "main", old="")
    with pytest.raises(GitError):
        mirror.update_ref("refs/soulcaster/1", one, old=one)
    with pytest.raises(GitError):
        mirror.update_ref("refs/soulcaster/1", one, old="")
    mirror.update_ref("refs/soulcaster/1", one, old=mirror.resolve("main"))
    assert mirror.resolve("refs/soulcaster/1") == one


@pytest.mark.parametrize("ref", ["main", "-d", "--stdin", "refs/heads/a..b", "HEAD"])
def test_only_references_can_be_set(mirror: Mirror, ref: str) -> None:
    with pytest.raises(GitError):
        mirror.update_ref(ref, "main")
