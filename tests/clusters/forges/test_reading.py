"""What a mirror tells of files, commits and differences, in odd repositories too."""

from __future__ import annotations

from pathlib import Path

import pytest

from clusters.forges import git
from clusters.forges.mirrors import Mirror
from tests.clusters.forges.conftest import ODD
from tests.clusters.forges.repositories import (
    ANN,
    WorkingCopy,
    written,
)


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


@pytest.mark.slow
def test_twenty_thousand_files_are_read_in_one_go(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "m.git")
    mirror.create()
    many = {f"folder{number % 200}/file{number}.py": f"x = {number}\n" for number in range(20_000)}
    sha = written(mirror, "", many)
    assert len(mirror.tree(sha)) == 20_000
    assert {file.path: file.text for file in mirror.files(sha)} == many
    assert git.run(["count-objects"], repository=mirror.path).startswith(b"0 objects")
