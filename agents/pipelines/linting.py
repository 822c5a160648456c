"""A security linter over the files of a change, inside of the sandbox: bandit, for Python.

It reads a stranger's code, so it does that where the code already is. What it says is a hint for
people; an agent that owns the sandbox could silence it.
"""

from __future__ import annotations

import functools
import json
import secrets
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from agents.pipelines import archives
from agents.pipelines.checkouts import clean_checkout
from agents.pipelines.commands import checked
from agents.pipelines.guard import LintIssue
from agents.pipelines.run import FixRun
from agents.sandboxes.base import SandboxError, SandboxLost

_PACKAGES = ("bandit", "rich", "stevedore", "pyyaml")
_SECONDS = 120.0
_MAX_REPORT = 8 << 20
_MAX_FILES, _MAX_ISSUES = 500, 500


def issues(run: FixRun, head: str) -> Sequence[LintIssue]:
    """What the linter says about the changed files; nothing, and a line in the log, if it fails."""
    changed = [each.path for each in run.mirror.changed(run.base, head) if each.status != "deleted"]
    files = [path for path in changed if path.endswith(".py")][:_MAX_FILES]
    if not files:
        return []
    try:
        return parse(_report(run, head, files))
    except SandboxLost:
        raise
    except (SandboxError, ValueError) as error:
        run.journal.say(f"The security linter could not be run: {error}")
        return []


def parse(report: bytes) -> list[LintIssue]:
    """The issues of bandit's JSON; raises ValueError when it is something else."""
    data = json.loads(report)
    results = data.get("results") if isinstance(data, dict) else None
    if not isinstance(results, list):
        raise ValueError("its report cannot be read")
    found = [_issue(each) for each in results[:_MAX_ISSUES] if isinstance(each, dict)]
    return [issue for issue in found if issue is not None]


def _issue(result: dict[str, Any]) -> LintIssue | None:
    path, line = result.get("filename"), result.get("line_number")
    text, test = result.get("issue_text"), result.get("test_id")
    if not isinstance(path, str) or not isinstance(line, int) or not isinstance(text, str):
        return None
    return LintIssue(str(PurePosixPath(path)), line, f"{text[:300]} ({str(test)[:20]})")


def _report(run: FixRun, head: str, files: Sequence[str]) -> bytes:
    sandbox = run.sandbox
    folder = clean_checkout(
        sandbox, run.mirror, head, name="lint", made=(), scratch=run.tools.scratch
    )
    tools = f"{sandbox.root}/.{secrets.token_hex(8)}"
    report = f"{tools}/report.json"
    try:
        sandbox.write(f"{tools}/linter.tar.gz", _archive())
        checked(sandbox, ["tar", "-xzf", f"{tools}/linter.tar.gz", "-C", tools])
        # Problems are no failure; -ll leaves out what is hardly ever one (an assert in a test).
        options = ["-q", "-ll", "--exit-zero", "--format", "json", "--output", report]
        checked(
            sandbox,
            ["python3", "-s", "-m", "bandit", *options, *(f"./{path}" for path in files)],
            cwd=folder,
            env={"PYTHONPATH": tools, "PYTHONDONTWRITEBYTECODE": "1"},
            timeout=_SECONDS,
        )
        return sandbox.read(report, limit=_MAX_REPORT)
    finally:
        sandbox.run(["rm", "-rf", "--", tools], cwd=sandbox.root)


@functools.cache
def _archive() -> bytes:
    return archives.pack(_PACKAGES, _is_needed)


def _is_needed(path: PurePosixPath) -> bool:
    # Compiled parts belong to this machine; the packages do without them.
    return path.suffix != ".so"
