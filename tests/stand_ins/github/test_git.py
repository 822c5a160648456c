"""Real git against the server: who may read and push, and what follows from a push."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.stand_ins.github.bare import Person, clean_environment, names
from tests.stand_ins.github.server import GitHubServer

ADA = Person("Ada", "ada@till.test")


def git(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment() | names(ADA, ADA) | {"GIT_TERMINAL_PROMPT": "0"}
    return subprocess.run(
        ["git", *args], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def address(github: GitHubServer, token: str, name: str = "alice/app") -> str:
    host = github.url.removeprefix("http://")
    return f"http://x-access-token:{token}@{host}/{name}.git"


@pytest.fixture
def alice(github: GitHubServer) -> str:
    token = github.add_user("alice")
    github.add_repository("alice/app")
    return token


@pytest.fixture
def clone(github: GitHubServer, alice: str, tmp_path: Path) -> Path:
    """alice's clone, with one commit on a branch "fix"."""
    assert git(tmp_path, "clone", "-q", address(github, alice), "clone").returncode == 0
    folder = tmp_path / "clone"
    git(folder, "checkout", "-q", "-b", "fix")
    (folder / "blob.bin").write_bytes(bytes(range(256)) * 9000)  # more than git sends in one piece
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Fix")
    return folder


def test_a_private_repository_wants_a_good_token(
    github: GitHubServer, alice: str, tmp_path: Path
) -> None:
    stranger = github.add_user("mallory")
    nobody = git(tmp_path, "clone", f"{github.url}/alice/app.git", "a").stderr
    unknown = git(tmp_path, "clone", address(github, "ghp_unknown"), "b").stderr
    others = git(tmp_path, "clone", address(github, stranger), "c").stderr
    assert "could not read Username" in nobody
    assert "Authentication failed" in unknown
    assert "not found" in others


def test_a_public_repository_is_everybodys_to_read(github: GitHubServer, tmp_path: Path) -> None:
    github.add_repository("alice/open", private=False)
    assert git(tmp_path, "clone", f"{github.url}/alice/open.git", "a").returncode == 0
    pushed = git(tmp_path / "a", "push", "origin", "HEAD:refs/heads/x").stderr
    assert "could not read Username" in pushed


def test_a_push_arrives_byte_for_byte(github: GitHubServer, clone: Path) -> None:
    assert git(clone, "push", "-q", "origin", "fix").returncode == 0
    there = git(github.repository("alice/app").path, "rev-parse", "fix").stdout
    assert there == git(clone, "rev-parse", "HEAD").stdout


def test_readers_archives_and_protected_branches_refuse_a_push(
    github: GitHubServer, clone: Path
) -> None:
    reader = github.add_user("rob")
    github.grant("alice/app", "rob", "read")
    denied = git(clone, "push", address(github, reader), "fix").stderr
    assert "The requested URL returned error: 403" in denied

    github.protect("alice/app", "main", refuse_push=True)
    protected = git(clone, "push", "origin", "fix:main").stderr
    assert "GH006: Protected branch update failed for refs/heads/main" in protected

    github.archive("alice/app")
    assert "error: 403" in git(clone, "push", "origin", "fix").stderr


def test_single_sign_on_refuses_git_too(github: GitHubServer, alice: str, tmp_path: Path) -> None:
    github.add_organisation("acme", members={"alice": "admin"}, sso=True)
    github.add_repository("acme/till")
    refused = git(tmp_path, "clone", address(github, alice, "acme/till"), "a").stderr
    assert "error: 403" in refused
    github.authorize_sso(alice, "acme")
    assert git(tmp_path, "clone", address(github, alice, "acme/till"), "a").returncode == 0


def test_git_follows_a_repository_to_its_new_name(github: GitHubServer, clone: Path) -> None:
    github.rename("alice/app", "shop")
    assert git(clone, "fetch", "-q", "origin").returncode == 0


def test_an_open_pull_request_follows_its_branch(github: GitHubServer, clone: Path) -> None:
    git(clone, "push", "-q", "origin", "fix")
    pull = github.open_pull("alice/app", "fix")
    git(clone, "commit", "-q", "--allow-empty", "-m", "More")
    git(clone, "push", "-q", "origin", "fix")
    assert pull.head_sha == git(clone, "rev-parse", "HEAD").stdout.strip()


def test_a_pull_request_that_was_merged_by_git_is_merged(github: GitHubServer, clone: Path) -> None:
    git(clone, "push", "-q", "origin", "fix")
    pull = github.open_pull("alice/app", "fix")
    git(clone, "push", "-q", "origin", "fix:main")
    assert (pull.state, pull.merged_by) == ("closed", "alice")


def test_a_first_push_makes_the_default_branch(
    github: GitHubServer, alice: str, clone: Path
) -> None:
    it = github.add_repository("alice/void", empty=True)
    pushed = git(clone, "push", "-q", address(github, alice, "alice/void"), "fix:trunk")
    assert (pushed.returncode, it.default_branch) == (0, "trunk")


def test_a_failure_can_hit_git(github: GitHubServer, clone: Path) -> None:
    github.fail_next(503, path_contains="git-receive-pack")
    assert "503" in git(clone, "push", "origin", "fix").stderr
    assert git(clone, "push", "-q", "origin", "fix").returncode == 0
