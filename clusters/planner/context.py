"""What a model is given to write a plan from: bounded, and strangers' text fenced as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files as resources

from clusters.planner.base import Answer, ClusterEvidence, Evidence, PlanDraft
from clusters.planner.fencing import Fence, visible
from clusters.planner.findings import Findings

_ITEMS = 40
_BODY = 2_000  # characters of one report
_COMMENTS = 5  # of one report
_COMMENT = 600  # characters
_FILES = 8
_EXCERPT = 9_000  # characters of one file
_BEFORE = 40  # lines above a definition, for what it uses
_PATHS = 400


def instructions(fence: Fence) -> str:
    """The rules, with the word that fences strangers' text."""
    template = resources("clusters.planner.prompts").joinpath("plan.md").read_text("utf-8")
    return template.replace("{rule}", fence.rule)


def task(found: Findings, first: PlanDraft, fence: Fence) -> str:
    """The reports, the excerpts and the first plan, all of it in one fence."""
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
    joined = "\n\n".join([*parts, *_chosen(cluster.answers)])
    said = "".join(f"{line}\n\n" for line in _maintainer(cluster))
    return f"{fence.around(joined)}\n\n{said}Write the plan."


def _chosen(answers: Sequence[Answer]) -> Iterator[str]:
    """Questions, and answers that were chosen: their words are those of others."""
    for number, answer in enumerate(answers, 1):
        chosen = f"\nThe maintainer chose: {answer.text}" if answer.chosen else ""
        yield f"Question {number} to the maintainer: {answer.question}{chosen}"


def _maintainer(cluster: ClusterEvidence) -> Iterator[str]:
    """The maintainer's own words, which are to be heeded."""
    if cluster.hint.strip():
        yield f"The maintainer asks for this plan: {visible(cluster.hint).strip()}"
    for number, answer in enumerate(cluster.answers, 1):
        said = "as chosen above" if answer.chosen else visible(answer.text).strip()
        yield f"The maintainer's answer to question {number}: {said}"


def _report(item: Evidence) -> str:
    body = item.body if len(item.body) <= _BODY else f"{item.body[:_BODY]} [cut]"
    said = [f"Comment on report {item.id}: {text[:_COMMENT]}" for text in item.comments[:_COMMENTS]]
    return "\n".join([f"Report {item.id} ({item.source}): {item.title}", body, *said])


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
