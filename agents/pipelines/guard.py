"""What must not leave a sandbox unseen: findings about a change, by the project's policy."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from agents.pipelines import own_paths
from agents.pipelines.diff_lines import AddedLine, added_lines
from agents.pipelines.secret_patterns import is_read_whole, secret_in
from agents.pipelines.test_files import is_test_path
from clusters.forges.base import Author
from clusters.forges.mirrors import ChangedFile, Commit
from clusters.planner.base import PlanDraft

Severity = Literal["block", "warn"]

MAX_FILES, MAX_LINES, MAX_DIFF, MAX_COMMITS = 40, 2_000, 16 << 20, 1_000
_PER_KIND = 20

# The kinds of findings, each with what happens when a project says nothing about it.
GUARD_KINDS: Mapping[str, str] = {
    "secret": "block",
    "protected_path": "block",
    "symlink": "block",
    "submodule": "block",
    "strange_path": "block",
    "author": "block",
    "binary": "warn",
    "lfs_pointer": "warn",
    "outside_plan": "warn",
    "size": "warn",
    "lint": "off",  # takes a second, and needs somebody who reads it
}

# Names that steer continuous integration, agents or editors of everybody who checks the code out.
_PROTECTED_NAMES = {
    "agents.md",
    "agents.override.md",
    "claude.md",
    "claude.local.md",
    "gemini.md",
    "codeowners",
    "jenkinsfile",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "copilot-instructions.md",
    "opencode.json",
    "opencode.jsonc",
    "kilo.json",
    "kilo.jsonc",
    ".mcp.json",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnpmfile.cjs",
    ".envrc",
    ".travis.yml",
    ".pre-commit-config.yaml",
}
_PROTECTED_FOLDERS = (
    ".git",
    ".claude",
    ".codex",
    ".kilo",
    ".agents",
    ".soulcaster",
    ".cursor",
    ".aider",
    ".windsurf",
    ".gemini",
    ".opencode",
    ".circleci",
    ".devcontainer",
    ".vscode",
    ".idea",
    ".husky",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a person should see. `path` is '' when it is about the whole change."""

    kind: str
    severity: Severity
    path: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Change:
    """What is looked at. `diff` is the unified text; a caller may cut it at MAX_DIFF bytes.

    `patches` is what each of its commits changes and `messages` what they say, None where that is
    too long: all of it is pushed, also what a later commit takes back. `knows` says whether a text
    holds a secret that the job was given.
    `pointers` are the files whose content is in Git LFS, before or after the change; `lint` is
    what a security linter says about the head, and only counts where the change added a line.
    """

    files: Sequence[ChangedFile]
    diff: str
    commits: Sequence[Commit] = ()
    patches: str | None = ""
    messages: str | None = ""
    knows: Callable[[str], bool] = lambda text: False
    pointers: Collection[str] = ()
    lint: Sequence[LintIssue] = ()


@dataclass(frozen=True, slots=True)
class LintIssue:
    """What a security linter says about one line of a file."""

    path: str
    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Policy:
    """The project's rules. `kinds` maps a kind of finding to block, warn or off.

    A word that is none of these counts as "block". `protected` are patterns of paths as in
    .gitignore, protected besides our own.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    protected: Sequence[str] = ()

    def severity(self, kind: str) -> str:
        """block, warn or off."""
        return self.kinds.get(kind, GUARD_KINDS[kind])


def inspect(change: Change, plan: PlanDraft, requester: Author, policy: Policy) -> list[Finding]:
    """Findings about a change, those that block first."""
    found = [
        *_about_paths(change.files, plan),
        *_about_own_paths(change.files, policy.protected),
        *_about_lint(change),
        *_about_pointers(change),
        *_about_text(change),
        *_about_history(change),
        *_about_commits(change, requester),
    ]
    judged = (
        _judged(kind, path, sentence, policy.severity(kind)) for kind, path, sentence in found
    )
    findings = _limited(finding for finding in judged if finding is not None)
    return sorted(findings, key=lambda finding: finding.severity != "block")


def blocks(findings: Iterable[Finding]) -> bool:
    """Whether the change must stay."""
    return any(finding.severity == "block" for finding in findings)


_Found = tuple[str, str, str]


def _judged(kind: str, path: str, sentence: str, severity: str) -> Finding | None:
    match severity:
        case "off":
            return None
        case "warn":
            return Finding(kind, "warn", path, sentence)
        case _:
            return Finding(kind, "block", path, sentence)


def _limited(findings: Iterable[Finding]) -> list[Finding]:
    count: dict[str, int] = {}
    kept = []
    for finding in findings:
        count[finding.kind] = count.get(finding.kind, 0) + 1
        if count[finding.kind] <= _PER_KIND:
            kept.append(finding)
    return kept


def _about_paths(files: Sequence[ChangedFile], plan: PlanDraft) -> Iterator[_Found]:
    planned = {candidate.path for candidate in [*plan.files, *plan.tests]}
    for file in files:
        yield from _about_file(file)
        if file.path not in planned and not is_test_path(file.path):
            yield "outside_plan", file.path, "The plan does not name this file."
    lines = sum(file.added + file.removed for file in files)
    if len(files) > MAX_FILES or lines > MAX_LINES:
        yield "size", "", f"The change is large: {len(files)} files and {lines} lines."


def _about_pointers(change: Change) -> Iterator[_Found]:
    for file in change.files:
        if {file.path, file.old_path} & set(change.pointers):
            said = "This file's content is in Git LFS: the agent saw and changed its pointer only."
            yield "lfs_pointer", file.path, said


def _about_file(file: ChangedFile) -> Iterator[_Found]:
    for path in filter(None, (file.path, file.old_path)):
        if is_protected(path):
            yield "protected_path", path, "This file steers builds, agents or editors."
        if _is_strange(path):
            yield "strange_path", path, "The name has characters that people cannot see."
    if file.mode == "120000":
        yield "symlink", file.path, "A symbolic link was added or changed."
    if file.mode == "160000":
        yield "submodule", file.path, "A submodule was added or changed."
    if file.binary:
        yield "binary", file.path, "A binary file, which nobody can read in the diff."


def is_protected(path: str) -> bool:
    """Whether a file can steer what builds, agents or editors do. Case does not matter."""
    parts = [part.lower() for part in PurePosixPath(path).parts]
    if any(part.startswith(_PROTECTED_FOLDERS) for part in parts):
        return True
    return parts[-1] in _PROTECTED_NAMES if parts else False


def _about_own_paths(files: Sequence[ChangedFile], patterns: Sequence[str]) -> Iterator[_Found]:
    paths = [path for file in files for path in (file.path, file.old_path) if path]
    try:
        protected = own_paths.protected(patterns, paths)
    except own_paths.NotKnown as error:
        yield "protected_path", "", str(error)
        return
    for path in paths:
        if path in protected:
            yield "protected_path", path, "The project protects this file."


def _about_lint(change: Change) -> Iterator[_Found]:
    if change.lint:
        added = {(line.path, line.number) for line in added_lines(change.diff)}
        for issue in change.lint:
            if (issue.path, issue.line) in added:
                yield "lint", issue.path, f"Line {issue.line}: {issue.sentence}"


def _is_strange(path: str) -> bool:
    return any(
        unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"} for letter in path
    )


def _about_text(change: Change) -> Iterator[_Found]:
    lines = list(added_lines(change.diff))
    for line, said in _with_secrets(lines, change):
        yield "secret", line.path, f"Line {line.number} {said}."
    if len(lines) < sum(file.added for file in change.files):
        # The text of the difference was cut: what was not read cannot be called clean.
        yield "secret", "", "The change is too large to be searched for secrets."


def _about_history(change: Change) -> Iterator[_Found]:
    """What the difference does not show any more, and what commits say."""
    if change.patches is None or change.messages is None:
        yield "secret", "", "The commits are too large to be searched for secrets."
        return
    shown = {(line.path, line.text) for line in added_lines(change.diff)}
    patched = added_lines(change.patches)
    hidden = [line for line in patched if (line.path, line.text) not in shown]
    for line, said in _with_secrets(hidden, change):
        yield "secret", line.path, f"A line that a later commit takes back {said}."
    words = [AddedLine("", 0, text) for text in change.messages.split("\n")]
    for _, said in _with_secrets(words, change):
        yield "secret", "", f"The message of a commit {said}."


def _with_secrets(lines: Sequence[AddedLine], change: Change) -> Iterator[tuple[AddedLine, str]]:
    """Lines that may not leave, with why."""
    known = change.knows("\n".join(line.text for line in lines))
    for line in lines:
        if name := secret_in(line.text):
            yield line, f"looks like {name}"
        elif known and change.knows(line.text):
            yield line, "has a key that this job was given"
        elif not is_read_whole(line.text):
            yield line, "is too long to be searched for secrets"


def _about_commits(change: Change, requester: Author) -> Iterator[_Found]:
    if len(change.commits) > MAX_COMMITS:
        yield "author", "", f"The change has more than {MAX_COMMITS} commits."
    for commit in change.commits:
        if commit.email.casefold() != requester.email.casefold():
            who = f"{commit.author} <{commit.email}>"
            yield "author", "", f"Commit {commit.sha[:10]} is in the name of {who}."
