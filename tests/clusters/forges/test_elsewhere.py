"""Files in Git LFS and submodules are found in a commit, and said."""

from __future__ import annotations

from pathlib import Path

from clusters.forges import elsewhere
from clusters.forges.mirrors import Mirror
from tests.clusters.forges.repositories import WorkingCopy

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 12345\n"
ATTRIBUTES = "*.bin filter=lfs diff=lfs merge=lfs -text\n"


def mirrored(source: WorkingCopy, tmp_path: Path) -> tuple[Path, str]:
    mirror = Mirror(tmp_path / "m.git")
    mirror.fetch(str(source.path))
    return mirror.path, source.head()


def with_submodules(source: WorkingCopy, *paths: str) -> None:
    for path in paths:
        source.git("update-index", "--add", "--cacheinfo", f"160000,{source.head()},{path}")
    source.git("commit", "-q", "-m", "Other repositories")


def test_a_plain_repository_has_nothing_elsewhere(source: WorkingCopy, tmp_path: Path) -> None:
    source.commit({"docs/lfs.txt": POINTER})  # words about it, in a repository that has no LFS
    assert elsewhere.notes(*mirrored(source, tmp_path)) == []


def test_pointers_are_told_from_files_beside_them(source: WorkingCopy, tmp_path: Path) -> None:
    source.commit(
        {
            "media/.gitattributes": ATTRIBUTES,
            "media/a.bin": POINTER,
            "media/größe.bin": POINTER,
            "media/plain.bin": "x" * len(POINTER),
            "media/large.bin": POINTER + "x" * 1024,
        }
    )
    place = mirrored(source, tmp_path)
    assert elsewhere.pointers(*place) == ["media/a.bin", "media/größe.bin"]
    assert elsewhere.notes(*place) == [
        "This repository keeps 2 files in Git LFS: the sandbox sees their pointers only."
    ]


def test_one_file_is_said_in_the_singular(source: WorkingCopy, tmp_path: Path) -> None:
    source.commit({".gitattributes": ATTRIBUTES, "a.bin": POINTER})
    assert elsewhere.notes(*mirrored(source, tmp_path)) == [
        "This repository keeps 1 file in Git LFS: the sandbox sees its pointer only."
    ]


def test_submodules_are_named_but_not_all_of_them(source: WorkingCopy, tmp_path: Path) -> None:
    with_submodules(source, "vendor/b", "vendor/a", "vendor/d", "vendor/c")
    place = mirrored(source, tmp_path)
    assert elsewhere.submodules(*place) == ["vendor/a", "vendor/b", "vendor/c", "vendor/d"]
    assert elsewhere.notes(*place) == [
        "Submodules are not checked out: vendor/a, vendor/b, vendor/c and 1 more."
    ]
