"""Issues with the files that their fixes changed, and the checkouts that they are about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clusters.planner.base import ClusterEvidence, Evidence
from clusters.scoring.base import ScoringError, read_json_lines

_ID = re.compile(r"[\w.@+-]{1,200}")


@dataclass(frozen=True, slots=True)
class Instance:
    """An issue; `gold` are the paths that its fix changed, none where that is not known."""

    id: str
    repository: str
    issue: str
    gold: frozenset[str]

    @property
    def cluster(self) -> ClusterEvidence:
        """The issue as a cluster of one report, its first line as the title."""
        title, _, body = self.issue.partition("\n")
        return ClusterEvidence(title.strip(), "", [Evidence(1, "github", title.strip(), body)])


def read_instances(path: Path) -> list[Instance]:
    """The instances of a JSON lines file in order; raises ScoringError."""
    found: dict[str, Instance] = {}
    for number, row in read_json_lines(path):
        where = f"{path}, line {number}"
        name = _text(row, "instance_id", where)
        if not _ID.fullmatch(name) or name in {".", ".."}:
            raise ScoringError(f"{where}: instance_id has to be usable as the name of a directory.")
        if name in found:
            raise ScoringError(f"{where}: {name} comes a second time.")
        repository = row.get("repo") or name.rpartition("-")[0]
        if not isinstance(repository, str):
            raise ScoringError(f"{where}: repo has to be a text.")
        found[name] = Instance(
            name, repository, _text(row, "problem_statement", where), _gold(row, where)
        )
    if not found:
        raise ScoringError(f"{path} holds no instance.")
    return list(found.values())


def with_checkout(instances: Sequence[Instance], sources: Path) -> list[Instance]:
    """Those that have a directory of their name in `sources`; raises ScoringError without any."""
    if not sources.is_dir():
        raise ScoringError(f"{sources} is not a directory.")
    found = [one for one in instances if (sources / one.id).is_dir()]
    if not found:
        raise ScoringError(
            f"{sources} holds no checkout: each has to be a directory that is named after its "
            f"instance, such as {instances[0].id}."
        )
    return found


def _text(row: dict[str, Any], name: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ScoringError(f"{where}: {name} is missing or not a text.")
    return value


def _gold(row: dict[str, Any], where: str) -> frozenset[str]:
    paths = row.get("gold_files", [])
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise ScoringError(f"{where}: gold_files has to be a list of paths.")
    return frozenset(path.removeprefix("./") for path in paths)
