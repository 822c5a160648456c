"""In and out of a sandbox: real shas, checked objects, limits."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from clusters.forges.mirrors import GitError, Mirror
from tests.clusters.forges.repositories import (
    WorkingCopy,
    bundled,
    checked_out,
    worked_on,
)


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


def test_a_second_job_does_not_disturb_the_first(mirror: Mirror, tmp_path: Path) -> None:
    base = mirror.resolve("main")
    one = worked_on(mirror, base, {"one.py": "pass\n"}, tmp_path / "one")
    two = worked_on(mirror, base, {"two.py": "pass\n"}, tmp_path / "two")
    assert mirror.refs("refs/soulcaster/") == {"one": one, "two": two}
