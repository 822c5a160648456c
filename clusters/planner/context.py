"""What a model is given to write a plan from: bounded, and strangers' text fenced as data."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files as resources

from clusters.planner.base import Evidence, PlanDraft
from clusters.planner.findings import Findings

_ITEMS = 40
_BODY = 2_000  # characters of one report
_FILES = 8
_EXCERPT = 9_000  # characters of one file
_BEFORE = 40  # lines above a definition, for what it uses
_PATHS = 400


def instructions(fence: str) -> str:
    """The rules, with the word that fences strangers' text."""
    template = resources("clusters.planner.prompts").joinpath("plan.md").read_text("utf-8")
    return template.replace("{fence}", fence)


def task(found: Findings, first: PlanDraft, fence: str) -> str:
    """The reports, the excerpts and the first plan.

    `fence` has to be unguessable, so that no report can pretend to end the data.
    """
    cluster = found.cluster
    named = [candidate.path for candidate in (*first.files, *first.tests)]
    parts = [
        "The cluster's title and summary:",
        f"{cluster.title}\n{cluster.summary}",
        "The reports:",
        *(_report(item) for item in cluster.items[:_ITEMS]),
        "The first plan, as JSON:",
        first.model_dump_json(),
        "Excerpts of candidate files:",
        *(_excerpt(path, found) for path in named[:_FILES]),
        "Paths of the repository:",
        "\n".join(_paths(list(found.texts), named)),
    ]
    return f"BEGIN {fence}\n" + "\n\n".join(parts) + f"\nEND {fence}\n\nWrite the plan."


def _report(item: Evidence) -> str:
    body = item.body if len(item.body) <= _BODY else f"{item.body[:_BODY]} [cut]"
    return f"Report {item.id} ({item.source}): {item.title}\n{body}"


def _excerpt(path: str, found: Findings) -> str:
    """The file, of a long one the lines around the definition that the reports point at."""
    text, place = found.texts[path], found.places.get(path)
    if len(text) <= _EXCERPT:
        return f"File {path}:\n{text}"
    lines = text.split("\n")
    first = max(0, (place.line if place else 1) - _BEFORE)
    shown = "\n".join(lines[first:])[:_EXCERPT]
    return f"File {path}, from line {first + 1} on, {len(lines)} lines in all:\n{shown}\n[cut]"


def _paths(paths: Sequence[str], named: Sequence[str]) -> list[str]:
    """The candidates, then what lies nearest to them."""
    folders = {path.rpartition("/")[0] for path in named}
    near = sorted(paths, key=lambda path: (path.rpartition("/")[0] not in folders, path))
    return list(dict.fromkeys([*named, *near]))[:_PATHS]
