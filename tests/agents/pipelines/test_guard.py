from __future__ import annotations

from collections.abc import Mapping

import pytest

from agents.pipelines.guard import (
    GUARD_KINDS,
    Change,
    Finding,
    LintIssue,
    Policy,
    blocks,
    inspect,
    is_protected,
)
from clusters.forges.base import Author
from clusters.forges.mirrors import ChangedFile, Commit
from clusters.planner.base import CandidateFile, Criterion, PlanDraft

ALICE = Author("Alice", "alice@example.com")
PLAN = PlanDraft(
    summary="Fix it",
    files=[CandidateFile(path="app.py", reason="there")],
    steps=["Do it"],
    criteria=[Criterion(text="It works")],
)
# Put together here, so that no scanner takes this file for a leak.
GITHUB_TOKEN = "ghp_" + "a1B2" * 9


def file(path: str, *, added: int = 0, mode: str = "100644", **more: object) -> ChangedFile:
    fields = {"status": "modified", "removed": 0, "binary": False, **more}
    return ChangedFile(path=path, added=added, mode=mode, **fields)  # type: ignore[arg-type]


def diff(path: str, *lines: str) -> str:
    head = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -0,0 +1,{len(lines)} @@\n"
    return head + "".join(f"+{line}\n" for line in lines)


def found(change: Change, policy: Mapping[str, str] | None = None) -> list[tuple[str, str, str]]:
    findings = inspect(change, PLAN, ALICE, Policy(policy or {}))
    return [(finding.kind, finding.severity, finding.path) for finding in findings]


def test_a_change_of_planned_files_and_tests_has_no_findings() -> None:
    change = Change([file("app.py", added=1), file("tests/test_app.py")], diff("app.py", "x = 1"))

    assert found(change) == []


@pytest.mark.parametrize(
    ("changed", "kind", "severity"),
    [
        (file("other.py"), "outside_plan", "warn"),
        (file("app.py", mode="120000"), "symlink", "block"),
        (file("app.py", mode="160000"), "submodule", "block"),
        (file("app.py", binary=True), "binary", "warn"),
        (file("tests/a\u202eyp.exe"), "strange_path", "block"),
        (file("app.py", removed=2_001), "size", "warn"),
        (file("app.py", status="renamed", old_path="CLAUDE.md"), "protected_path", "block"),
    ],
)
def test_findings_about_files(changed: ChangedFile, kind: str, severity: str) -> None:
    assert [row[:2] for row in found(Change([changed], ""))] == [(kind, severity)]


@pytest.mark.parametrize(
    "changed",
    [file("app.py"), file("app.py", status="deleted"), file("app.py", old_path="a.bin")],
)
def test_a_change_of_what_is_in_lfs_is_pointed_out(changed: ChangedFile) -> None:
    change = Change([changed, file("tests/test_app.py")], "", pointers={"app.py", "a.bin"})
    assert found(change) == [("lfs_pointer", "warn", "app.py")]
    assert found(change, {"lfs_pointer": "block"}) == [("lfs_pointer", "block", "app.py")]
    assert found(Change(change.files, "")) == []


def test_many_files_are_a_large_change() -> None:
    files = [file(f"tests/test_{number}.py") for number in range(41)]

    assert found(Change(files, "")) == [("size", "warn", "")]


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        ".GitHub/Workflows/ci.yml",
        ".gitlab-ci.yml",
        ".gitmodules",
        "sub/.gitattributes",
        "AGENTS.md",
        "docs/claude.md",
        ".claude/settings.json",
        ".kilocode/rules.md",
        ".kilocodemodes",
        ".kilo/mcp.json",
        ".soulcaster.toml",
        ".agents/skills/tidy/SKILL.md",
        "opencode.json",
        "packages/web/.npmrc",
        ".cursor/rules",
        ".cursorrules",
        "CODEOWNERS",
        "docs/CODEOWNERS",
        ".vscode/tasks.json",
        ".mcp.json",
        ".pre-commit-config.yaml",
    ],
)
def test_protected_paths(path: str) -> None:
    assert is_protected(path)


@pytest.mark.parametrize(
    "path", ["Dockerfile", "agents/base.py", "git/x.py", "README.md", "a.github"]
)
def test_other_paths_are_not_protected(path: str) -> None:
    assert not is_protected(path)


def test_a_secret_in_an_added_line_blocks_and_is_not_repeated() -> None:
    change = Change([file("app.py", added=2)], diff("app.py", "import os", f"T = '{GITHUB_TOKEN}'"))

    (finding,) = inspect(change, PLAN, ALICE, Policy())

    assert finding == Finding("secret", "block", "app.py", "Line 2 looks like a GitHub token.")


def test_a_secret_that_is_only_removed_does_not_block() -> None:
    text = diff("app.py", f"T = '{GITHUB_TOKEN}'").replace("\n+T", "\n-T").replace("+1,1", "+0,0")

    assert found(Change([file("app.py", removed=1)], text.replace("-0,0", "-1,1"))) == []


def test_a_line_that_looks_like_a_header_hides_nothing() -> None:
    lines = ["++ b/harmless.py", "@@ -1,0 +1,0 @@", f"T = '{GITHUB_TOKEN}'"]

    assert found(Change([file("app.py", added=3)], diff("app.py", *lines))) == [
        ("secret", "block", "app.py")
    ]


def test_a_difference_that_was_cut_cannot_be_called_clean() -> None:
    change = Change([file("app.py", added=500)], diff("app.py", "x = 1"))

    assert found(change) == [("secret", "block", "")]


def test_a_commit_in_another_name_blocks() -> None:
    commits = [
        Commit("a" * 40, "Mine", "Alice", "ALICE@example.com", "2026-01-01T00:00:00Z"),
        Commit("b" * 40, "Yours", "Linus", "linus@example.com", "2026-01-01T00:00:00Z"),
    ]

    (finding,) = inspect(Change([], "", commits), PLAN, ALICE, Policy())

    assert (finding.kind, finding.severity) == ("author", "block")
    assert "bbbbbbbbbb" in finding.sentence


@pytest.mark.parametrize(
    ("word", "severities"),
    [("block", ["block"]), ("warn", ["warn"]), ("off", []), ("perhaps", ["block"])],
)
def test_the_project_decides(word: str, severities: list[str]) -> None:
    rows = found(Change([file("other.py")], ""), {"outside_plan": word})

    assert [severity for _, severity, _ in rows] == severities


def test_findings_that_block_come_first_and_a_kind_is_cut() -> None:
    files = [file(f"other{number}.py") for number in range(30)] + [file("CLAUDE.md")]

    rows = found(Change(files, ""), {"outside_plan": "warn"})

    assert rows[0] == ("protected_path", "block", "CLAUDE.md")
    assert len([row for row in rows if row[0] == "outside_plan"]) == 20


def test_only_findings_that_block_block() -> None:
    assert not blocks([Finding("size", "warn", "", "Large.")])
    assert blocks([Finding("size", "warn", "", "Large."), Finding("secret", "block", "", "Oh.")])


def test_every_kind_has_a_default() -> None:
    assert set(GUARD_KINDS.values()) == {"block", "warn", "off"}


@pytest.mark.parametrize(
    ("patterns", "path", "protected"),
    [
        (["migrations/"], "app/migrations/0001.py", True),
        (["*.lock"], "deep/down/poetry.lock", True),
        (["/deploy/**"], "deploy/prod/values.yaml", True),
        (["/deploy/**"], "docs/deploy/values.yaml", False),
        (["*.sql", "!fixtures/*.sql"], "fixtures/a.sql", False),
        ([], "app.py", False),
    ],
)
def test_a_project_protects_paths_of_its_own(
    patterns: list[str], path: str, protected: bool
) -> None:
    findings = inspect(Change([file(path)], ""), PLAN, ALICE, Policy({}, patterns))

    assert ("protected_path" in [finding.kind for finding in findings]) == protected


def test_a_protected_file_cannot_be_renamed_away() -> None:
    renamed = file("app.py", status="renamed", old_path="deploy/values.yaml")
    findings = inspect(Change([renamed], ""), PLAN, ALICE, Policy({}, ["deploy/"]))

    assert [(finding.kind, finding.path) for finding in findings] == [
        ("protected_path", "deploy/values.yaml")
    ]


def test_a_linter_is_heard_about_added_lines_only_and_only_when_it_is_wanted() -> None:
    change = Change(
        [file("app.py", added=1)],
        diff("app.py", "import pickle"),
        lint=[LintIssue("app.py", 1, "It unpickles."), LintIssue("app.py", 7, "Was there before.")],
    )

    assert found(change, {"lint": "warn"}) == [("lint", "warn", "app.py")]
    assert found(change, {"lint": "block"}) == [("lint", "block", "app.py")]
    assert found(change) == []


def test_a_line_that_is_too_long_to_be_searched_is_not_called_clean() -> None:
    change = Change([file("app.py", added=1)], diff("app.py", "x" * 1_100_000))

    assert found(change) == [("secret", "block", "app.py")]
