"""The worker's mirror: in and out of a sandbox with the real shas, and fit for any repository."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from clusters.forges import git
from clusters.forges.mirrors import GitError, Mirror, locked
from tests.clusters.forges.repositories import (
    ANN,
    Files,
    WorkingCopy,
    bundled,
    checked_out,
    listing,
    worked_on,
    written,
)

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


def test_what_happened_in_a_sandbox_comes_back_and_is_pushed(
    mirror: Mirror, tmp_path: Path
) -> None:
    base = mirror.resolve("main")
    copy = checked_out(mirror, base, tmp_path / "work")
    assert copy.head() == base
    sha = copy.commit({"fix.py": "pass\n"}, "Fix it")
    tip = mirror.take_back(bundled(copy, base), base=base, ref="refs/soulcaster/1")
    assert tip == sha == mirror.resolve("refs/soulcaster/1")
    target = Mirror(tmp_path / "target.git")
    target.create()
    mirror.push(str(target.path), tip, "soulcaster/1-1")
    assert target.branches() == {"soulcaster/1-1": sha}
    assert [file.path for file in target.changed(base, sha)] == ["fix.py"]


def test_a_shallow_bundle_keeps_the_shas_and_is_sound(mirror: Mirror, tmp_path: Path) -> None:
    base = mirror.resolve("main")
    copy = checked_out(mirror, base, tmp_path / "work", depth=1)
    assert copy.head() == base
    assert copy.git("rev-list", "--count", "HEAD") == "1"
    assert (copy.path / ".git" / "shallow").read_text().split() == [base]
    copy.git("fsck", "--strict")
    copy.commit({"fix.py": "pass\n"})
    tip = mirror.take_back(bundled(copy, base), base=base, ref="refs/soulcaster/1")
    assert len(mirror.commits(base, tip)) == 1


def test_a_shallow_bundle_of_a_merge_is_sound(source: WorkingCopy, tmp_path: Path) -> None:
    source.git("switch", "-q", "-c", "side", "HEAD~1")
    source.commit({"side.txt": "side\n"})
    source.git("switch", "-q", "main")
    source.git("merge", "-q", "--no-edit", "side")
    mirror = Mirror(tmp_path / "m.git")
    mirror.fetch(str(source.path))
    copy = checked_out(mirror, "main", tmp_path / "work", depth=2)
    copy.git("fsck", "--strict")
    assert copy.git("status", "--porcelain") == ""


def test_work_on_another_base_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    base = mirror.resolve("main")
    copy = checked_out(mirror, base, tmp_path / "work")
    copy.git("reset", "-q", "--hard", "HEAD~1")
    copy.commit({"fix.py": "pass\n"})
    bundle = bundled(copy, "HEAD~1")
    with pytest.raises(GitError, match="not based on the base"):
        mirror.take_back(bundle, base=base, ref="refs/soulcaster/1")
    assert mirror.refs("refs/soulcaster/") == {}


def test_a_bundle_that_is_too_large_is_refused(mirror: Mirror, tmp_path: Path) -> None:
    bundle = tmp_path / "work.bundle"
    bundle.write_bytes(b"x" * 1001)
    with pytest.raises(GitError, match="larger than 1000 bytes"):
        mirror.take_back(bundle, base="main", ref="refs/soulcaster/1", max_bytes=1000)


def test_only_a_file_is_taken_for_a_bundle(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(mirror.path / "HEAD")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "nothing", "."):
        with pytest.raises(GitError, match="bundle of commits"):
            mirror.take_back(tmp_path / name, base="main", ref="refs/soulcaster/1")


def test_rubbish_is_not_taken_back(mirror: Mirror, tmp_path: Path) -> None:
    bundle = tmp_path / "work.bundle"
    bundle.write_bytes(b"# v2 git bundle\n" + b"0" * 40 + b" refs/heads/work\n\nPACK rubbish")
    with pytest.raises(GitError):
        mirror.take_back(bundle, base="main", ref="refs/soulcaster/1")


def test_a_bundle_needs_exactly_one_branch_work(mirror: Mirror, tmp_path: Path) -> None:
    tip = mirror.resolve("main").encode()
    bundle = tmp_path / "work.bundle"
    for refs in (b"refs/heads/other", b"refs/heads/work\n" + tip + b" refs/heads/work", b"-"):
        bundle.write_bytes(b"# v2 git bundle\n" + tip + b" " + refs + b"\n\nPACK")
        with pytest.raises(GitError, match="no branch"):
            mirror.take_back(bundle, base="main", ref="refs/soulcaster/1")


def test_a_commit_with_parts_missing_is_not_taken_back(mirror: Mirror, tmp_path: Path) -> None:
    base = mirror.resolve("main")
    copy = checked_out(mirror, base, tmp_path / "work")
    sha = copy.commit({"fix.py": "pass\n"})
    pack = subprocess.run(
        ["git", "pack-objects", "--stdout", "-q"],
        cwd=copy.path,
        input=f"{sha}\n".encode(),
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    bundle = tmp_path / "work.bundle"
    bundle.write_bytes(f"# v2 git bundle\n{sha} refs/heads/work\n\n".encode() + pack)
    with pytest.raises(GitError, match="index-pack failed"):
        mirror.take_back(bundle, base=base, ref="refs/soulcaster/1")


def test_objects_that_git_thinks_dangerous_are_not_taken_back(
    mirror: Mirror, tmp_path: Path
) -> None:
    base = mirror.resolve("main")
    copy = checked_out(mirror, base, tmp_path / "work")
    blob = copy.git("hash-object", "-w", "--stdin", stdin=b"x")
    tree = copy.git("mktree", stdin=f"100644 blob {blob}\t.git\n".encode())
    evil = copy.git("commit-tree", tree, "-p", base, "-m", "Evil")
    copy.git("update-ref", "refs/heads/work", evil)
    with pytest.raises(GitError, match="index-pack failed"):
        mirror.take_back(bundled(copy, base), base=base, ref="refs/soulcaster/1")
    assert mirror.refs("refs/soulcaster/") == {}


def test_work_only_comes_back_below_its_own_prefix(mirror: Mirror, tmp_path: Path) -> None:
    for ref in ("refs/heads/main", "refs/soulcaster/../heads/main", "main"):
        with pytest.raises(GitError):
            mirror.take_back(tmp_path / "work.bundle", base="main", ref=ref)


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


def test_the_tree_has_every_blob_of_an_odd_repository(odd: WorkingCopy, tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "m.git")
    mirror.fetch(str(odd.path))
    expected = [*ODD, "README.md", "app.py", "docs/guide.md", "link", "raw\\xff.txt"]
    assert mirror.tree("main") == sorted(expected)


def test_files_are_the_text_of_an_odd_repository(odd: WorkingCopy, tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "m.git")
    mirror.fetch(str(odd.path))
    texts = {file.path: file.text for file in mirror.files("main")}
    assert "binary.bin" not in texts
    assert "link" not in texts
    assert "module" not in texts
    assert texts["latin.txt"] == "café\n"
    assert texts["größe.txt"] == "größe\n"
    assert texts["a\nb.txt"] == "newline\n"
    assert texts["-rf"] == "dash\n"
    assert texts["raw\\xff.txt"] == "raw\n"


def test_files_are_cut_without_breaking_a_letter(mirror: Mirror) -> None:
    sha = written(mirror, "", {"a.txt": "aäää", "b.txt": ""})
    texts = {file.path: file.text for file in mirror.files(sha, max_bytes=4)}
    assert texts == {"a.txt": "aä", "b.txt": ""}


def test_files_stop_at_the_limit(mirror: Mirror) -> None:
    assert [file.path for file in mirror.files("main", limit=2)] == ["README.md", "app.py"]


def test_reading_finds_odd_names_and_nothing_else(odd: WorkingCopy, tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "m.git")
    mirror.fetch(str(odd.path))
    assert mirror.read("main", "-rf") == b"dash\n"
    assert mirror.read("main", "a\nb.txt") == b"newline\n"
    assert mirror.read("main", ":(glob)*") == b"magic\n"
    assert mirror.read("main", "app.py", limit=6) == b"line 1"
    nowhere = [
        "",
        "no",
        "sub",
        "sub/",
        "module",
        "link",
        "/app.py",
        "../app.py",
        "a\0b",
        "*",
        "\ud800",
    ]
    assert [mirror.read("main", path) for path in nowhere] == [None] * len(nowhere)


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


def test_changes_tell_what_happened_to_each_file(odd: WorkingCopy, tmp_path: Path) -> None:
    base = odd.head()
    odd.git("mv", "app.py", "moved\nhere.py")
    odd.git("rm", "-q", "docs/guide.md")
    (odd.path / "module").mkdir(exist_ok=True)
    (odd.path / "README.md").write_text("Hello\nagain\n")
    (odd.path / "binary.bin").write_bytes(b"\0\0\0")
    (odd.path / "script").write_text("#!/bin/sh\n")
    (odd.path / "script").chmod(0o755)
    (odd.path / "to").symlink_to("script")
    odd.git("add", "README.md", "binary.bin", "script", "to")
    odd.git("commit", "-q", "-m", "Many things")
    mirror = Mirror(tmp_path / "m.git")
    mirror.fetch(str(odd.path))
    rows = [
        (f.path, f.status, f.added, f.removed, f.binary, f.mode, f.old_path)
        for f in mirror.changed(base, "main")
    ]
    assert sorted(rows) == [
        ("README.md", "modified", 1, 0, False, "100644", ""),
        ("binary.bin", "modified", 0, 0, True, "100644", ""),
        ("docs/guide.md", "deleted", 0, 1, False, "000000", ""),
        ("moved\nhere.py", "renamed", 0, 0, False, "100644", "app.py"),
        ("script", "added", 1, 0, False, "100755", ""),
        ("to", "added", 1, 0, False, "120000", ""),
    ]


def test_a_submodule_is_seen_by_its_mode(odd: WorkingCopy, tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "m.git")
    mirror.fetch(str(odd.path))
    modes = {file.path: file.mode for file in mirror.changed(odd.head("HEAD~1"), "main")}
    assert modes == {"module": "160000"}


def test_commits_come_oldest_first_and_limited(mirror: Mirror) -> None:
    one = mirror.empty_commit("main", "One\n\nbody", ANN)
    two = mirror.empty_commit(one, "Two", ANN)
    assert [commit.title for commit in mirror.commits("main", two)] == ["One", "Two"]
    assert [commit.sha for commit in mirror.commits("main", two, limit=1)] == [two]
    assert mirror.commits("main", "main") == []


def test_attributes_cannot_hide_or_run_anything(mirror: Mirror) -> None:
    hidden = {".gitattributes": "* -diff\n*.py diff=evil filter=evil\n", "app.py": "new\n"}
    base = written(mirror, "main", hidden)
    mirror.update_ref("refs/heads/main", base)
    head = written(mirror, base, {"app.py": "newer\n"})
    assert "+newer" in mirror.diff(base, head)
    assert [file.binary for file in mirror.changed(base, head)] == [False]


def test_a_long_difference_is_cut_visibly_at_a_line(mirror: Mirror) -> None:
    head = written(mirror, "main", {"long.txt": "0123456789\n" * 1000})
    text = mirror.diff("main", head, max_bytes=1000)
    kept, _, note = text.partition("\n\n[")
    assert len(kept) <= 1000
    assert kept.endswith("+0123456789")
    assert note == "The difference is longer than 1000 bytes; the rest is left out.]\n"


def test_a_short_difference_is_whole(mirror: Mirror) -> None:
    head = written(mirror, "main", {"a.txt": "ä\n"})
    text = mirror.diff("main", head)
    assert mirror.diff("main", head, max_bytes=len(text.encode())) == text
    assert text.endswith("+ä\n")


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


def test_a_second_job_does_not_disturb_the_first(mirror: Mirror, tmp_path: Path) -> None:
    base = mirror.resolve("main")
    one = worked_on(mirror, base, {"one.py": "pass\n"}, tmp_path / "one")
    two = worked_on(mirror, base, {"two.py": "pass\n"}, tmp_path / "two")
    assert mirror.refs("refs/soulcaster/") == {"one": one, "two": two}


@pytest.mark.slow
def test_twenty_thousand_files_are_read_in_one_go(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "m.git")
    mirror.create()
    many = {f"folder{number % 200}/file{number}.py": f"x = {number}\n" for number in range(20_000)}
    sha = written(mirror, "", many)
    assert len(mirror.tree(sha)) == 20_000
    assert {file.path: file.text for file in mirror.files(sha)} == many
    assert git.run(["count-objects"], repository=mirror.path).startswith(b"0 objects")
