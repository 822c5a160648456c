"""Copying a user's branches to the product's own repository, without losing what was merged there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from clusters.forges.mirrors import Mirror
from clusters.forges.remotes import choose_default, remote_heads

# Branches of the product's own making; those of the user's repository are never copied.
OWN_PREFIX = "soulcaster/"


def copy_branches(source: Path, repository: Mirror) -> None:
    """Copy the source's branches, except where a merge moved ours to somewhere else."""
    head, _ = remote_heads(str(source))
    seen = repository.refs("refs/source/")
    repository.fetch_refs(str(source), "+refs/heads/*:refs/source/*", f"^refs/heads/{OWN_PREFIX}*")
    ours = repository.branches()
    for name, sha in repository.refs("refs/source/").items():
        if _is_news(repository, name, sha, ours, seen):
            repository.update_ref(f"refs/heads/{name}", sha, old=ours.get(name, ""))
    named, known = repository.default_branch(), repository.branches()
    if known and named not in known:
        repository.set_default_branch(choose_default(head, named, known))


def _is_news(
    repository: Mirror, name: str, sha: str, ours: Mapping[str, str], seen: Mapping[str, str]
) -> bool:
    here = ours.get(name)
    if here is None:
        # Git cannot keep “a” and “a/b” at once; what is here already stays.
        return not any(
            name.startswith(f"{other}/") or other.startswith(f"{name}/") for other in ours
        )
    if here == sha:
        return False
    return here == seen.get(name) or repository.is_ancestor(here, sha)
