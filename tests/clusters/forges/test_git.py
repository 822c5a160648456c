"""Git on the worker: nothing that a stranger wrote becomes an option, a program or a secret told."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

import pytest

from clusters.forges import git
from clusters.forges.branches import check_branch
from clusters.forges.git import GitError
from clusters.forges.mirrors import Mirror
from tests.clusters.forges.repositories import WorkingCopy

TOKEN = "ghp_" + "s3cret" * 6
HOSTILE = [
    "",
    "-D",
    "--upload-pack=x",
    "@",
    "HEAD",
    "a@{b",
    "x.lock",
    "x.lock/y",
    "a..b",
    "a\nb",
    "a\x7fb",
    "a\u202eb",
    "a b",
    "a~1",
    "a^",
    "a:b",
    "a?",
    "a*",
    "a[b",
    "a\\b",
    "/a",
    "a/",
    "a//b",
    "a.",
    ".a",
    "a/.b",
    "a\ud800b",
    "a" * 300,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_of_branches_are_refused(name: str) -> None:
    with pytest.raises(GitError, match="name of a branch") as caught:
        check_branch(name)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "name", ["main", "soulcaster/12-3", "feature/größe", "a-b_c.d", "x@y", "v1.0"]
)
def test_usual_names_of_branches_are_fine(name: str) -> None:
    assert check_branch(name) == name


def _accepted() -> list[str]:
    letters = ["a", ".", "-", "/", "@", "{", ".lock"]
    names = (
        "".join(part) for size in (1, 2, 3) for part in itertools.product(letters, repeat=size)
    )
    return [name for name in names if _is_accepted(name)]


def _is_accepted(name: str) -> bool:
    try:
        return check_branch(name) == name
    except GitError:
        return False


def test_we_are_never_laxer_than_git() -> None:
    names = _accepted()
    assert {"a", "a/a", "a-a", "a@a", "a.a"} <= set(names)
    for name in names:
        git.run(["check-ref-format", "--branch", name])


EXPRESSIONS = ["HEAD~1", "nothing", "main^{tree}", "main:app.py", ":/Second", "--all", "0" * 40]


@pytest.mark.parametrize("name", [*(name for name in HOSTILE if name != "HEAD"), *EXPRESSIONS])
def test_what_is_no_branch_or_commit_does_not_resolve(mirror: Mirror, name: str) -> None:
    with pytest.raises(GitError, match="no branch or commit"):
        mirror.resolve(name)


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c 'touch /tmp/owned'",
        "--upload-pack=touch /tmp/owned",
        "-oProxyCommand=x",
        "ssh://-oProxyCommand=x/y",
        "git@example.org:a/b",
        "git://example.org/a",
        "http://example.org/a",
        "file:///etc",
        "relative/path",
        "https://",
        "https://exa mple/a",
        "https://-x/a",
        "https://host/a?b",
        "https://host/a#b",
        "https://x:a/b@host/c",
        "https://[::1/a",
        "https://example.org/a\nb",
        "/path\nwith a line",
        "",
    ],
)
def test_only_https_and_absolute_paths_are_addresses(mirror: Mirror, url: str) -> None:
    with pytest.raises(GitError):
        mirror.fetch(url)
    with pytest.raises(GitError):
        mirror.push(url, "main", "x")
    with pytest.raises(GitError):
        mirror.delete_remote(url, "x")


def test_git_itself_refuses_other_ways_to_transfer(mirror: Mirror, tmp_path: Path) -> None:
    owned = tmp_path / "owned"
    with pytest.raises(GitError, match="transport 'ext' not allowed"):
        git.run(["fetch", f"ext::touch {owned}"], repository=mirror.path)
    assert not owned.exists()


def test_a_token_is_no_part_of_the_arguments() -> None:
    to = git.remote(f"https://x-access-token:{TOKEN}@example.org/a/b.git")
    assert to.url == "https://example.org/a/b.git"
    assert TOKEN not in " ".join(to.settings)
    assert TOKEN not in repr(to)


def test_git_is_given_the_token_for_its_host() -> None:
    to = git.remote(f"https://x-access-token:{TOKEN}@example.org/a/b.git")
    asked = b"protocol=https\nhost=example.org\n\n"
    told = git.run(["credential", "fill"], to=to, stdin=asked).decode().splitlines()
    assert "username=x-access-token" in told
    assert f"password={TOKEN}" in told


def test_no_other_host_is_given_the_token() -> None:
    to = git.remote(f"https://x-access-token:{TOKEN}@example.org/a/b.git")
    asked = b"protocol=https\nhost=example.com\n\n"
    with pytest.raises(GitError):
        git.run(["credential", "fill"], to=to, stdin=asked)


def test_a_failure_tells_no_token() -> None:
    to = git.remote(f"https://x:{TOKEN}@127.0.0.1:1/a.git")
    with pytest.raises(GitError) as caught:
        git.run(["ls-remote", "--", to.url], to=to)
    assert TOKEN not in str(caught.value)
    assert "git ls-remote failed" in str(caught.value)


def test_a_token_that_git_repeats_is_masked(tmp_path: Path) -> None:
    to = git.remote(f"https://x:{TOKEN}@example.org/a.git")
    with pytest.raises(GitError, match=r"\*\*\*") as caught:
        git.run(["rev-parse", "--git-path-of", TOKEN], repository=tmp_path / TOKEN, to=to)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"fatal: https://x:{TOKEN}@h/a", "fatal: https://***@h/a"),
        (f"HTTPS://{TOKEN}@h/a and http://a:b@c", "HTTPS://***@h/a and http://***@c"),
        (f"https://a@b:{TOKEN}@h/a", "https://***@h/a"),
        ("https://h/a@b", "https://h/a@b"),
    ],
)
def test_credentials_in_addresses_are_masked(text: str, masked: str) -> None:
    assert git.mask(text) == masked


def test_masking_is_fast_on_hostile_text() -> None:
    start = time.monotonic()
    git.mask("a://" + "@" * 20_000 + " " + "a://" * 5_000)
    assert time.monotonic() - start < 1


def test_messages_are_one_printable_line(tmp_path: Path) -> None:
    with pytest.raises(GitError) as caught:
        git.run(["rev-parse", "--verify", "a\x1b[31m\nb"], repository=tmp_path / "none\x1b[31m")
    assert str(caught.value).isprintable()


def test_too_much_output_is_an_error_or_cut(mirror: Mirror) -> None:
    asked = ["cat-file", "blob", "main:app.py"]
    with pytest.raises(GitError, match="larger than 10 bytes"):
        git.run(asked, repository=mirror.path, limit=10)
    assert git.run(asked, repository=mirror.path, limit=10, cut=True) == b"line 1\nlin"


def test_git_and_its_helpers_end_with_their_time(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    alias = f"alias.wait=!cat {tmp_path / 'pipe'}"
    start = time.monotonic()
    with pytest.raises(GitError, match="did not end within"):
        git.run(["wait"], settings=[alias], timeout=0.2)
    assert time.monotonic() - start < 5
    # Nobody reads the pipe any more, so it cannot be opened for writing.
    with pytest.raises(OSError, match="No such device"):
        os.open(tmp_path / "pipe", os.O_WRONLY | os.O_NONBLOCK)


def test_a_reader_that_fails_ends_git(mirror: Mirror) -> None:
    def read_a_little() -> None:
        with git.stream(
            ["cat-file", "--batch-all-objects", "--batch"], repository=mirror.path
        ) as out:
            out.read(5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read_a_little()


def test_the_workers_own_environment_does_not_reach_git(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = From Home\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "/bin/false")
    with pytest.raises(GitError):
        git.run(["config", "user.name"], repository=mirror.path)
    first = git.run(["rev-list", "--max-parents=0", "main"], repository=mirror.path)
    assert "+line 1" in mirror.diff(first.decode().strip(), "main")


def test_hooks_on_the_other_side_of_a_push_do_not_run(mirror: Mirror, tmp_path: Path) -> None:
    target = Mirror(tmp_path / "target.git")
    target.create()
    hook = target.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'owned'}\nexit 1\n")
    hook.chmod(0o755)
    mirror.push(str(target.path), "main", "main")
    assert target.resolve("main") == mirror.resolve("main")
    assert not (tmp_path / "owned").exists()


def test_programs_in_the_configuration_of_a_source_do_not_run(
    source: WorkingCopy, tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path / 'owned'}\n")
    program.chmod(0o755)
    for key in ("core.fsmonitor", "uploadpack.packObjectsHook", "core.alternateRefsCommand"):
        source.git("config", key, str(program))
    Mirror(tmp_path / "m.git").fetch(str(source.path))
    assert not (tmp_path / "owned").exists()


def test_a_repository_of_another_person_can_be_read_and_written(
    source: WorkingCopy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(git._ENVIRONMENT, "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    mirror, target = Mirror(tmp_path / "m.git"), Mirror(tmp_path / "target.git")
    mirror.fetch(str(source.path))
    target.create()
    mirror.push(str(target.path), "main", "main")
    assert target.resolve("main") == source.head()
