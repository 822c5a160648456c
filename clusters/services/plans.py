"""Plans: drafted, edited, approved. Each change of content is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from pydantic import ValidationError

from clusters import wiring
from clusters.forges.base import ForgeError
from clusters.forges.git import GitError
from clusters.grouping.base import Item
from clusters.grouping.summary import most_telling
from clusters.models import Cluster, FeedbackItem, Plan
from clusters.models.plans import digest
from clusters.planner.base import ClusterEvidence, Evidence, PlanDraft, SourceFile
from clusters.planner.evidence import EvidencePlanner
from clusters.planner.fallback import draft_with_fallback
from clusters.services import repositories
from credentials.errors import Conflict, Invalid, NotFound
from credentials.models import User
from credentials.services import audit, teams

EVIDENCE_READ = 300
EVIDENCE_ITEMS = 60


def current(cluster: Cluster) -> Plan | None:
    """The newest version."""
    return cluster.plans.select_related("created_by", "approved_by").order_by("-version").first()


def current_or_first(user: User, cluster: Cluster) -> Plan:
    """The newest version, written when there is none; two who ask at once get the same."""
    if plan := current(cluster):
        return plan
    try:
        return generate(user, cluster, after=0)
    except Conflict:
        if plan := current(cluster):  # somebody else's, written in the meantime
            return plan
        raise


def generate(user: User, cluster: Cluster, *, after: int | None = None) -> Plan:
    """Draft a new version from the evidence and the repository (by a model when there is one).

    With `after` only on top of that version: raises Conflict `plan_changed` otherwise.
    """
    teams.require_writer(user, cluster.project.team)
    try:
        base_sha, files = repositories.snapshot(cluster.project, user)
        note = ""
    except (ForgeError, GitError) as error:
        # A plan from the reports alone is still useful; the page says what is missing.
        base_sha, files, note = (
            "",
            list[SourceFile](),
            f"The repository could not be read ({error}).",
        )
    evidence = ClusterEvidence(cluster.title, cluster.summary, _evidence(cluster))
    draft, made_by, fallback_note = draft_with_fallback(
        wiring.model_planner(user, cluster.project.team), EvidencePlanner(), evidence, files
    )
    return _add_version(
        user,
        cluster,
        draft,
        made_by=made_by,
        note=" ".join(part for part in (note, fallback_note) if part),
        base_sha=base_sha,
        verb="plan.generated",
        after=after,
    )


def edit(user: User, cluster: Cluster, changes: Mapping[str, Any], *, version: int) -> Plan:
    """Save a person's changes on top of `version` as a new, unapproved version.

    Raises NotFound without a plan, Conflict `plan_changed` when somebody saved first, Invalid
    with the fields that cannot be used.
    """
    teams.require_writer(user, cluster.project.team)
    plan = current(cluster)
    if plan is None:
        raise NotFound("no_plan", "There is no plan yet: generate one first.")
    if plan.version != version:
        raise _changed(plan.version)
    try:
        draft = PlanDraft.model_validate({**plan.content, **changes})
    except ValidationError as error:
        raise Invalid(
            "plan_invalid",
            "The plan was not saved: some fields cannot be used.",
            fields=_fields(error),
        ) from error
    _check_evidence(cluster, draft)
    if draft == plan.draft:
        return plan
    return _add_version(
        user,
        cluster,
        draft,
        made_by=Plan.MadeBy.PERSON,
        note="",
        base_sha=plan.base_sha,
        verb="plan.edited",
        after=version,
    )


@transaction.atomic
def approve(user: User, cluster: Cluster, *, version: int) -> Plan:
    """Approve the newest version; `version` is the one the person has read."""
    teams.require_writer(user, cluster.project.team)
    plan = cluster.plans.select_for_update().order_by("-version").first()
    if plan is None:
        raise NotFound("no_plan", "There is no plan yet: generate one first.")
    if plan.version != version:
        raise _changed(plan.version)
    if not plan.is_approved:
        plan.approved_by, plan.approved_at = user, timezone.now()
        plan.save(update_fields=["approved_by", "approved_at"])
        audit.record(
            actor=user,
            team=cluster.project.team,
            verb="plan.approved",
            target=cluster,
            version=version,
        )
    return plan


@transaction.atomic
def withdraw_approval(user: User, cluster: Cluster) -> Plan:
    """Take the approval of the newest version back (undo)."""
    teams.require_writer(user, cluster.project.team)
    plan = cluster.plans.select_for_update().order_by("-version").first()
    if plan is None:
        raise NotFound("no_plan", "There is no plan yet: generate one first.")
    if plan.is_approved:
        plan.approved_by = plan.approved_at = None
        plan.save(update_fields=["approved_by", "approved_at"])
        audit.record(
            actor=user,
            team=cluster.project.team,
            verb="plan.approval_withdrawn",
            target=cluster,
            version=plan.version,
        )
    return plan


def _add_version(
    user: User,
    cluster: Cluster,
    draft: PlanDraft,
    *,
    made_by: str,
    note: str,
    base_sha: str,
    verb: str,
    after: int | None = None,
) -> Plan:
    content = draft.model_dump(mode="json")
    try:
        with transaction.atomic():
            newest = cluster.plans.aggregate(newest=Max("version"))["newest"] or 0
            plan = Plan.objects.create(
                cluster=cluster,
                version=(newest if after is None else after) + 1,
                content=content,
                digest=digest(content),
                made_by=made_by,
                note=note,
                base_sha=base_sha,
                created_by=user,
            )
            Cluster.objects.filter(pk=cluster.pk, status=Cluster.Status.NEW).update(
                status=Cluster.Status.PLANNED
            )
            audit.record(
                actor=user,
                team=cluster.project.team,
                verb=verb,
                target=cluster,
                version=plan.version,
            )
    except IntegrityError as error:
        # Somebody saved the same version number in between.
        raise _changed((after or 0) + 1) from error
    return plan


def _evidence(cluster: Cluster) -> list[Evidence]:
    """The reports that say best what all are about, first."""
    newest = cluster.items.select_related("source").order_by("-seen_at", "-id")[:EVIDENCE_READ]
    rows = {item.pk: item for item in newest}
    telling = most_telling([Item(row.pk, row.title, row.body) for row in rows.values()])
    chosen = [rows[item.id] for item in telling[:EVIDENCE_ITEMS]]
    return [
        Evidence(item.pk, item.source.get_kind_display(), item.title, item.body, item.author)
        for item in chosen
    ]


def _check_evidence(cluster: Cluster, draft: PlanDraft) -> None:
    """Criteria and hypotheses may only cite reports of this project."""
    cited = {key for criterion in draft.criteria for key in criterion.evidence}
    cited |= {key for hypothesis in draft.hypotheses for key in hypothesis.evidence}
    known = set(
        FeedbackItem.objects.filter(project=cluster.project_id, pk__in=cited).values_list(
            "pk", flat=True
        )
    )
    if unknown := sorted(cited - known):
        text = f"There is no report {', '.join(map(str, unknown))} in this project."
        raise Invalid(
            "plan_invalid", f"The plan was not saved: {text}", fields={"criteria": [text]}
        )


def _fields(error: ValidationError) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for entry in error.errors(include_url=False, include_input=False):
        fields.setdefault(str(entry["loc"][0]) if entry["loc"] else "plan", []).append(entry["msg"])
    return fields


def _changed(version: int) -> Conflict:
    return Conflict(
        "plan_changed",
        f"Somebody saved version {version} of this plan in the meantime: read it, then make your change again.",
        version=version,
    )
