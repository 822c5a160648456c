"""What another repository says about itself, asked without fetching it."""

from __future__ import annotations

from collections.abc import Collection

from clusters.forges import git


def remote_heads(url: str | git.Remote) -> tuple[str, dict[str, str]]:
    """The branch that HEAD of `url` names, '' when it names none, and the sha of each branch."""
    to = git.remote(url)
    extra = [git.UPLOAD_PACK] if to.local else []
    found = git.run(
        ["ls-remote", "-q", "--symref", *extra, "--", to.url, "HEAD", "refs/heads/*"], to=to
    )
    head, branches = "", {}
    for row in found.decode(errors="replace").splitlines():
        what, _, name = row.partition("\t")
        if what.startswith("ref: refs/heads/") and name == "HEAD":
            head = what.removeprefix("ref: refs/heads/")
        elif name.startswith("refs/heads/"):
            branches[name.removeprefix("refs/heads/")] = what
    return head, branches


def choose_default(head: str, before: str, branches: Collection[str]) -> str:
    """The default branch: what HEAD names, what it was, a usual name, or the first there is."""
    candidates = (name for name in (head, before, "main", "master") if name in branches)
    return next(candidates, next(iter(branches), head or before))
