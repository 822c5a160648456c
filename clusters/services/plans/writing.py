"""Has a planner write: what it is given of a cluster, and which planner it is."""

from __future__ import annotations

from dataclasses import dataclass

from clusters import wiring
from clusters.describing.base import Report
from clusters.describing.extracts import most_telling
from clusters.forges.base import ForgeError
from clusters.forges.git import GitError
from clusters.models import Cluster, FeedbackItem, PlanDrafting
from clusters.planner.base import (
    ClusterEvidence,
    Drafted,
    Evidence,
    Heard,
    PlannerError,
    SourceFile,
    nobody,
)
from clusters.planner.evidence import EvidencePlanner
from clusters.planner.fallback import draft_with_fallback
from clusters.services.plans import questions
from clusters.services.projects import repositories
from clusters.sources.traces import as_text
from credentials.errors import Invalid
from credentials.models import User

MOST_HINT = 2_000  # characters
EVIDENCE_READ = 300
EVIDENCE_ITEMS = 60
_TRACE = 8_000  # characters
_COMMENTS = 5  # of one report
_COMMENT = 2_000  # characters

Way = PlanDrafting.Way


@dataclass(frozen=True, slots=True)
class Written:
    """What a planner wrote; `note` is a sentence for the page, `made_by` one of Plan.MadeBy."""

    drafted: Drafted
    made_by: str
    note: str = ""
    base_sha: str = ""


def clean_hint(text: str) -> str:
    """What a person asks a plan to heed; raises Invalid for too much of it."""
    hint = text.replace("\0", "").strip()
    if len(hint) > MOST_HINT:
        said = f"A hint has at most {MOST_HINT:,} characters; this one has {len(hint):,}."
        raise Invalid("hint_too_long", said, fields={"hint": [said]})
    return hint


def usual_way(user: User, cluster: Cluster) -> str:
    """By a model where this person or team has a key for one, else from the evidence."""
    return Way.MODEL if model_of(user, cluster) else Way.EVIDENCE


def model_of(user: User, cluster: Cluster) -> str:
    """The model that would write it, as "provider:name"; '' without a key for any."""
    return wiring.model_name(user, cluster.project.team)


def write(
    user: User, cluster: Cluster, *, way: str = "", hint: str = "", heard: Heard = nobody
) -> Written:
    """Have a plan written.

    `way`: "evidence", "model" (raises PlannerError when the model cannot), or '' for the model's
    with the evidence plan in its place when that fails.
    """
    heard("The repository is read.")
    base_sha, files, note = _repository(user, cluster)
    evidence = evidence_of(cluster, hint)
    planner = None if way == Way.EVIDENCE else wiring.model_planner(user, cluster.project.team)
    if way == Way.MODEL:
        if planner is None:
            raise PlannerError("There is no key of yours or your team's for a model.")
        return Written(planner.write(evidence, files, heard), planner.made_by, note, base_sha)
    drafted, made_by, fallback = draft_with_fallback(
        planner, EvidencePlanner(), evidence, files, heard
    )
    return Written(drafted, made_by, " ".join(filter(None, (note, fallback))), base_sha)


def _repository(user: User, cluster: Cluster) -> tuple[str, list[SourceFile], str]:
    try:
        return *repositories.snapshot(cluster.project, user), ""
    except (ForgeError, GitError) as error:
        # A plan from the reports alone is still useful; the page says what is missing.
        return "", [], f"The repository could not be read ({error})."


def evidence_of(cluster: Cluster, hint: str = "") -> ClusterEvidence:
    """The reports that say best what all are about, and what the maintainer said."""
    return ClusterEvidence(
        cluster.title, cluster.summary, _reports(cluster), hint, questions.answers(cluster)
    )


def _reports(cluster: Cluster) -> list[Evidence]:
    found = cluster.items.select_related("source").prefetch_related("comments")
    rows = {item.pk: item for item in found.order_by("-seen_at", "-id")[:EVIDENCE_READ]}
    telling = most_telling([Report(row.pk, row.title, row.body) for row in rows.values()])
    return [_report(rows[item.id]) for item in telling[:EVIDENCE_ITEMS]]


def _report(item: FeedbackItem) -> Evidence:
    said = [comment.body[:_COMMENT] for comment in item.comments.all()[:_COMMENTS]]
    return Evidence(
        item.pk,
        item.source.get_kind_display(),
        item.title,
        _with_trace(item),
        item.author,
        [text for text in said if text.strip()],
    )


def _with_trace(item: FeedbackItem) -> str:
    """The body, and below it the stack trace that the body does not show."""
    if not item.trace:
        return item.body
    trace = as_text(item.trace)[:_TRACE]
    return item.body if trace in item.body else f"{item.body}\n\n{trace}".strip()
