"""What a model is given to write a plan from: bounded, and strangers' text fenced as data."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files as resources

from clusters.planner.base import ClusterEvidence, Evidence, PlanDraft, SourceFile

_ITEMS = 40
_BODY = 2_000  # characters of one report
_FILES = 8
_EXCERPT = 9_000  # characters of one file
_PATHS = 400


def instructions(fence: str) -> str:
    """The rules, with the word that fences strangers' text."""
    template = resources("clusters.planner.prompts").joinpath("plan.md").read_text("utf-8")
    return template.replace("{fence}", fence)


def task(
    cluster: ClusterEvidence, files: Sequence[SourceFile], first: PlanDraft, fence: str
) -> str:
    """The reports, the excerpts and the first plan.

    `fence` has to be unguessable, so that no report can pretend to end the data.
    """
    texts = {file.path: file.text for file in files}
    named = [candidate.path for candidate in (*first.files, *first.tests)]
    parts = [
        "The cluster's title and summary:",
        f"{cluster.title}\n{cluster.summary}",
        "The reports:",
        *(_report(item) for item in cluster.items[:_ITEMS]),
        "The first plan, as JSON:",
        first.model_dump_json(),
        "Excerpts of candidate files:",
        *(_excerpt(path, texts[path]) for path in named[:_FILES] if path in texts),
        "Paths of the repository:",
        "\n".join(_paths(list(texts), named)),
    ]
    return f"BEGIN {fence}\n" + "\n\n".join(parts) + f"\nEND {fence}\n\nWrite the plan."


def _report(item: Evidence) -> str:
    body = item.body if len(item.body) <= _BODY else f"{item.body[:_BODY]} [cut]"
    return f"Report {item.id} ({item.source}): {item.title}\n{body}"


def _excerpt(path: str, text: str) -> str:
    cut = f"{text[:_EXCERPT]}\n[cut: {len(text) - _EXCERPT} characters left out]"
    return f"File {path}:\n{text if len(text) <= _EXCERPT else cut}"


def _paths(paths: Sequence[str], named: Sequence[str]) -> list[str]:
    """The candidates, then what lies nearest to them."""
    folders = {path.rpartition("/")[0] for path in named}
    near = sorted(paths, key=lambda path: (path.rpartition("/")[0] not in folders, path))
    return list(dict.fromkeys([*named, *near]))[:_PATHS]
