"""Files that have to do with those of the plan: they changed together, or share a name."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

from agents.pipelines.run import FixRun
from agents.pipelines.test_files import is_test_path

_MOST = 10
_DEPTH = 300  # commits
_TOGETHER = 2  # commits that changed both, for it to mean something
_LARGEST_COMMIT = 30  # files; a larger one says nothing about what belongs together


def files(run: FixRun) -> list[str]:
    """Paths that the plan does not name, those that changed most often with its files first."""
    planned = {each.path for each in [*run.context.plan.files, *run.context.plan.tests]}
    there = set(run.mirror.tree(run.base))
    count = changed_together(run.mirror.touched(run.base, depth=_DEPTH), planned)
    found = [path for path, times in count.most_common() if times >= _TOGETHER]
    found += sorted(_tests_by_name(there, planned))
    return [path for path in dict.fromkeys(found) if path in there - planned][:_MOST]


def changed_together(commits: list[list[str]], planned: set[str]) -> Counter[str]:
    """How often each other file changed in one commit with a planned one."""
    count: Counter[str] = Counter()
    for paths in commits:
        if len(paths) <= _LARGEST_COMMIT and planned.intersection(paths):
            count.update(set(paths) - planned)
    return count


def _tests_by_name(there: set[str], planned: set[str]) -> set[str]:
    stems = {PurePosixPath(path).stem for path in planned} - {"__init__", "index", "main"}
    return {path for path in there if is_test_path(path) and any(s in path for s in stems)}
