"""Differences between a base and a head, from real git."""

from __future__ import annotations

import re
from pathlib import Path

from tests.stand_ins.github import bare
from tests.stand_ins.github.shapes import Json, Links
from tests.stand_ins.github.state import Repository

_KINDS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "T": "changed"}
_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@", re.MULTILINE)


def text(path: Path, base: str, head: str, kind: str = "diff") -> str:
    """The whole difference as `git diff`, or as mails with `kind="patch"`."""
    if kind == "patch":
        return bare.git(path, "format-patch", "--stdout", f"{base}..{head}", "--") + "\n"
    return bare.git(path, "diff", f"{base}...{head}", "--") + "\n"


def entries(
    links: Links, it: Repository, base: str, head: str, span: tuple[str, ...] = ()
) -> list[Json]:
    """The changed files, one by one: since the fork point, or between the two of `span`."""
    span = span or (bare.git(it.path, "merge-base", base, head), head)
    fields = bare.git(it.path, "diff", "--raw", "-z", "--no-abbrev", "-M", *span, "--").split("\0")
    found = []
    while len(fields) > 1:
        facts = fields.pop(0).split()
        kind, sha = facts[4], facts[3]
        names = [fields.pop(0) for _ in range(2 if kind[0] in "RC" else 1)]
        found.append(_entry(links, it, span, head, kind[0], sha, names))
    return found


def _entry(
    links: Links,
    it: Repository,
    span: tuple[str, ...],
    head: str,
    kind: str,
    sha: str,
    names: list[str],
) -> Json:
    file = names[-1]
    patch = bare.git(it.path, "diff", "-M", *span, "--", *names)
    start = patch.find("\n@@")
    lines = patch[start + 1 :].splitlines() if start >= 0 else []
    added = sum(line.startswith("+") for line in lines)
    gone = sum(line.startswith("-") for line in lines)
    page = links.page(it)
    entry: Json = {
        "sha": sha if kind != "D" else bare.git(it.path, "rev-parse", f"{span[0]}:{file}"),
        "filename": file,
        "status": _KINDS.get(kind, "changed"),
        "additions": added,
        "deletions": gone,
        "changes": added + gone,
        "blob_url": f"{page}/blob/{head}/{file}",
        "raw_url": f"{page}/raw/{head}/{file}",
        "contents_url": f"{links.repository(it)}/contents/{file}?ref={head}",
    }
    if lines:
        entry["patch"] = "\n".join(lines)
    if kind in "RC":
        entry["previous_filename"] = names[0]
    return entry


def hunk_with(patch: str, line: int, side: str) -> str | None:
    """The hunk of a patch that shows this line of the LEFT or RIGHT side; None when none does."""
    starts = [match.start() for match in _HUNK.finditer(patch)]
    for start, end in zip(starts, [*starts[1:], len(patch)], strict=True):
        hunk = patch[start:end]
        match = _HUNK.match(hunk)
        assert match
        at = int(match[1] if side == "LEFT" else match[2])
        other = "+" if side == "LEFT" else "-"
        shown = [row for row in hunk.splitlines()[1:] if row[:1] not in {other, "\\"}]
        if at <= line < at + len(shown):
            return hunk.rstrip("\n")
    return None
