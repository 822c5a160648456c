"""Commits, branches and files as GitHub's JSON."""

from __future__ import annotations

import base64
from functools import lru_cache
from pathlib import Path

from tests.stand_ins.github import bare, shapes
from tests.stand_ins.github.shapes import Json, Links
from tests.stand_ins.github.state import Account, Repository, State, node_id

_UNSIGNED = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}


@lru_cache(maxsize=2048)
def _facts(path: Path, sha: str) -> list[str]:
    form = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
    return bare.git(path, "show", "-s", f"--format={form}", sha, "--").split("\0")


def commit(links: Links, state: State, it: Repository, sha: str) -> Json:
    """A commit with the accounts behind its addresses."""
    name, tree, parents, *rest = _facts(it.path, sha)
    author, committer, message = rest[0:3], rest[3:6], rest[6].rstrip("\n")
    own = links.repository(it)
    return {
        "sha": name,
        "node_id": node_id("C", int(name[:12], 16)),
        "url": f"{own}/commits/{name}",
        "html_url": f"{links.page(it)}/commit/{name}",
        "comments_url": f"{own}/commits/{name}/comments",
        "commit": {
            "url": f"{own}/git/commits/{name}",
            "author": _signature(author),
            "committer": _signature(committer),
            "message": message,
            "tree": {"sha": tree, "url": f"{own}/git/trees/{tree}"},
            "comment_count": 0,
            "verification": _UNSIGNED,
        },
        "author": _account(links, state, author[1]),
        "committer": _account(links, state, committer[1]),
        "parents": [
            {
                "sha": parent,
                "url": f"{own}/commits/{parent}",
                "html_url": f"{links.page(it)}/commit/{parent}",
            }
            for parent in parents.split()
        ],
    }


def git_commit(links: Links, it: Repository, sha: str) -> Json:
    """A commit object of the git data API."""
    name, tree, parents, *rest = _facts(it.path, sha)
    own = f"{links.repository(it)}/git"
    return {
        "sha": name,
        "node_id": node_id("C", int(name[:12], 16)),
        "url": f"{own}/commits/{name}",
        "html_url": f"{links.page(it)}/commit/{name}",
        "author": _signature(rest[0:3]),
        "committer": _signature(rest[3:6]),
        "message": rest[6].rstrip("\n"),
        "tree": {"sha": tree, "url": f"{own}/trees/{tree}"},
        "parents": [
            {
                "sha": parent,
                "url": f"{own}/commits/{parent}",
                "html_url": f"{links.page(it)}/commit/{parent}",
            }
            for parent in parents.split()
        ],
        "verification": _UNSIGNED,
    }


def _signature(of: list[str]) -> Json:
    return {"name": of[0], "email": of[1], "date": of[2].replace("+00:00", "Z")}


def _account(links: Links, state: State, email: str) -> Json | None:
    def known(who: Account) -> bool:
        return email in {who.email, who.noreply, f"{who.login}@users.noreply.github.com"}

    found = next((who for who in state.accounts.values() if known(who)), None)
    return shapes.account(links, found) if found else None


def short_branch(links: Links, it: Repository, name: str, sha: str) -> Json:
    """A branch in a list."""
    own = links.repository(it)
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{own}/commits/{sha}"},
        "protected": name in it.protection,
    }


def branch(links: Links, state: State, it: Repository, name: str, sha: str) -> Json:
    """A branch on its own."""
    own = links.repository(it)
    checks = list(it.protection[name].checks) if name in it.protection else []
    return {
        "name": name,
        "commit": commit(links, state, it, sha),
        "_links": {
            "self": f"{own}/branches/{name}",
            "html": f"{links.page(it)}/tree/{name}",
        },
        "protected": name in it.protection,
        "protection": {
            "enabled": name in it.protection,
            "required_status_checks": {
                "enforcement_level": "non_admins" if checks else "off",
                "contexts": checks,
                "checks": [{"context": check, "app_id": None} for check in checks],
            },
        },
        "protection_url": f"{own}/branches/{name}/protection",
    }


def protection(links: Links, it: Repository, name: str) -> Json:
    """The rules of a branch, whole."""
    rules = it.protection[name]
    own = f"{links.repository(it)}/branches/{name}/protection"
    shape: Json = {
        "url": own,
        "enforce_admins": {"url": f"{own}/enforce_admins", "enabled": True},
        "required_linear_history": {"enabled": False},
        "allow_force_pushes": {"enabled": False},
        "allow_deletions": {"enabled": False},
        "block_creations": {"enabled": False},
        "required_conversation_resolution": {"enabled": False},
        "lock_branch": {"enabled": False},
        "allow_fork_syncing": {"enabled": False},
        "required_signatures": {"url": f"{own}/required_signatures", "enabled": False},
    }
    if rules.checks:
        shape["required_status_checks"] = {
            "url": f"{own}/required_status_checks",
            "strict": False,
            "contexts": list(rules.checks),
            "contexts_url": f"{own}/required_status_checks/contexts",
            "checks": [{"context": check, "app_id": None} for check in rules.checks],
        }
    if rules.reviews:
        shape["required_pull_request_reviews"] = {
            "url": f"{own}/required_pull_request_reviews",
            "dismiss_stale_reviews": False,
            "require_code_owner_reviews": rules.code_owners,
            "require_last_push_approval": False,
            "required_approving_review_count": rules.reviews,
        }
    return shape


def ref(links: Links, it: Repository, name: str, sha: str) -> Json:
    """A git reference; `name` begins with "heads/" or "tags/"."""
    own = f"{links.repository(it)}/git"
    return {
        "ref": f"refs/{name}",
        "node_id": node_id("REF", int(sha[:12], 16)),
        "url": f"{own}/refs/{name}",
        "object": {"sha": sha, "type": "commit", "url": f"{own}/commits/{sha}"},
    }


def content(links: Links, it: Repository, at: str, line: str, *, whole: bool) -> Json:
    """A file or a folder, from a line of `git ls-tree --long`."""
    facts, path = line.split("\t", 1)
    mode, kind, sha, size = facts.split()
    own = f"{links.repository(it)}/contents/{path}?ref={at}"
    git_url = f"{links.repository(it)}/git/{'trees' if kind == 'tree' else 'blobs'}/{sha}"
    page = f"{links.page(it)}/{'tree' if kind == 'tree' else 'blob'}/{at}/{path}"
    types = {"040000": "dir", "160000": "submodule", "120000": "symlink"}
    shape: Json = {
        "type": types.get(mode, "file"),
        "size": int(size) if size.isdigit() else 0,
        "name": path.rsplit("/", 1)[-1],
        "path": path,
        "sha": sha,
        "url": own,
        "git_url": git_url,
        "html_url": page,
        "download_url": None if kind == "tree" else f"{links.page(it)}/raw/{at}/{path}",
        "_links": {"self": own, "git": git_url, "html": page},
    }
    if whole:
        shape["encoding"] = "base64"
        shape["content"] = base64.encodebytes(raw(it.path, sha)).decode()
    return shape


def raw(path: Path, sha: str) -> bytes:
    """The bytes of a blob."""
    return bare.output(path, "cat-file", "blob", sha)
