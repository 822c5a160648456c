"""The harmless part of what a fix does on GitHub: a branch, a draft, its text, and all away again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clusters.forges.base import Author, ForgeError, Pull, PullState
from clusters.forges.github.forge import GitHubForge

REPOSITORY = "SOULCASTER_SMOKE_REPOSITORY"
TOKEN = "SOULCASTER_SMOKE_TOKEN"
URL = "SOULCASTER_SMOKE_URL"
API_URL = "SOULCASTER_SMOKE_API_URL"
NEEDED = (REPOSITORY, TOKEN)

TITLE = "Smoke test: this may be deleted"
FIRST = "Opened to see whether Soulcaster and this repository work together.\n"
SECOND = "First line.\n\nSecond paragraph, with **bold** and `\\n` as two letters.\n"


@dataclass(frozen=True)
class Walked:
    """What was made, and is away again."""

    branch: str
    number: int
    had_drafts: bool


def forge_of(environment: Mapping[str, str], folder: Path) -> GitHubForge:
    """The repository that the environment names; its mirror is made in `folder`."""
    web = environment.get(URL) or "https://github.com"
    usual = "https://api.github.com" if web == "https://github.com" else f"{web}/api/v3"
    return GitHubForge(
        environment[REPOSITORY],
        environment[TOKEN],
        folder / "mirror.git",
        web_url=web,
        api_url=environment.get(API_URL) or usual,
        patience=60.0,
    )


def walk(forge: GitHubForge) -> Walked:
    """Go the whole way; whatever fails, the branch (and with it the pull request) is removed."""
    branch = f"soulcaster/smoke-{secrets.token_hex(4)}"
    access = forge.access()
    assert access.can_write, access.reason
    assert not access.empty, access.reason
    blocking = [f for f in forge.findings(["README.md"], branch) if f.severity == "block"]
    assert not blocking, blocking
    mirror = forge.mirror()
    author = Author("Soulcaster smoke test", forge.noreply())
    base = mirror.resolve(access.default_branch)
    head = mirror.empty_commit(base, TITLE, author)
    try:
        forge.push(mirror, head, branch)
        pull, had_drafts = _open(forge, branch, access.default_branch, author)
        assert (pull.head_sha, pull.state) == (head, PullState.OPEN)
        _change(forge, pull)
    finally:
        forge.delete_branch(branch)
    assert branch not in forge.mirror().branches()
    assert forge.get_pr(pull.number).state is PullState.CLOSED
    return Walked(branch, pull.number, had_drafts)


def _open(forge: GitHubForge, branch: str, base: str, author: Author) -> tuple[Pull, bool]:
    """The pull request, as a draft where the repository's plan has drafts."""

    def propose(*, draft: bool) -> Pull:
        return forge.open_draft(
            branch=branch, base_branch=base, title=TITLE, body=FIRST, author=author, draft=draft
        )

    try:
        pull = propose(draft=True)
    except ForgeError as error:
        if error.code != "drafts_unsupported":
            raise
        return propose(draft=False), False
    assert pull.draft
    assert propose(draft=True).number == pull.number, "a second one was opened"
    return pull, True


def _change(forge: GitHubForge, pull: Pull) -> None:
    found = forge.find_pr(pull.branch)
    assert found is not None
    assert found.number == pull.number
    forge.update(pull.number, body=SECOND)
    # GitHub answers with its own line ends.
    body = forge.get_pr(pull.number).body.replace("\r\n", "\n")
    assert body.strip() == SECOND.strip()
    forge.mark_ready(pull.number)
    assert not forge.get_pr(pull.number).draft
    assert forge.close(pull.number).state is PullState.CLOSED
