"""Files that a stranger's code shares are read, written and removed without trust."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agents.sandboxes.base import SandboxError, SandboxLost
from agents.sandboxes.local.removal import remove_tree
from agents.sandboxes.local.tree import Tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    return root


def test_a_link_in_any_part_of_the_path_is_refused(tmp_path: Path, root: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_text("secret")
    (root / "inner").mkdir()
    (root / "inner" / "folder").symlink_to(tmp_path / "outside")
    (root / "inner" / "file").symlink_to(tmp_path / "outside" / "file")
    (root / "inner" / "dangling").symlink_to(tmp_path / "new")
    tree = Tree(root, None)

    for path in ("inner/folder/file", "inner/folder/new", "inner/file", "inner/dangling"):
        with pytest.raises(SandboxError, match=r"link|cannot be used"):
            tree.read(f"{root}/{path}", 100)
        with pytest.raises(SandboxError, match="link"):
            tree.write(f"{root}/{path}", b"pwned", 0o644)
    assert {path.name for path in tmp_path.iterdir()} == {"outside", "root"}
    assert (tmp_path / "outside" / "file").read_text() == "secret"


def test_pipes_devices_and_folders_are_not_files(root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    tree = Tree(root, None)

    for name in ("pipe", "folder"):
        with pytest.raises(SandboxError, match="not a regular file"):
            tree.read(f"{root}/{name}", 100)
        with pytest.raises(SandboxError, match="not a regular file"):
            tree.write(f"{root}/{name}", b"x", 0o644)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(root: Path) -> None:
    (root / "file").write_text("old")

    for source in (root.parent / "no-such", root):
        with pytest.raises(SandboxError):
            Tree(root, None).copy_in(f"{root}/file", source)

    assert [path.name for path in root.iterdir()] == ["file"]
    assert (root / "file").read_text() == "old"


def test_only_permission_bits_are_taken_over(root: Path) -> None:
    Tree(root, None).write(f"{root}/tool", b"", 0o4755)

    assert (root / "tool").stat().st_mode & 0o7777 == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away; run the tests as root")
def test_files_and_new_folders_belong_to_the_commands_user(root: Path) -> None:
    Tree(root, 65534).write(f"{root}/a/b", b"", 0o600)

    assert {path.stat().st_uid for path in (root / "a", root / "a" / "b")} == {65534}


def test_a_removed_sandbox_is_said_to_be_gone(tmp_path: Path) -> None:
    with pytest.raises(SandboxLost):
        Tree(tmp_path / "gone", None).read(f"{tmp_path}/gone/file", 1)


@pytest.mark.slow
def test_a_tree_of_any_depth_is_removed(root: Path) -> None:
    here = os.open(root, os.O_DIRECTORY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("file", os.O_CREAT, dir_fd=here))
    os.close(here)

    remove_tree(root)

    assert not root.exists()


def test_forbidding_folders_and_links_are_removed_and_targets_kept(
    tmp_path: Path, root: Path
) -> None:
    (tmp_path / "kept").mkdir(mode=0o750)
    (root / "link").symlink_to(tmp_path / "kept")
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "link").symlink_to(tmp_path / "kept")
    (root / "a" / "b").chmod(0)
    (root / "a").chmod(0)

    remove_tree(root)
    remove_tree(root)

    assert not root.exists()
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o750
