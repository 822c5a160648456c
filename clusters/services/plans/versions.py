"""Plans: drafted, edited, approved or rejected. Each change of content is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from pydantic import ValidationError

from clusters.models import Cluster, FeedbackItem, Plan
from clusters.models.plans import digest
from clusters.planner.base import Audit, Drafted, PlanDraft, PlannerError
from clusters.services.changes import require_own
from clusters.services.plans import questions
from clusters.services.plans import writing as plan_writing
from clusters.services.plans.writing import Written
from credentials.errors import Conflict, Invalid, NotFound
from credentials.models import User
from credentials.services import audit, teams

MOST_REASON = 2_000  # characters of why a plan is rejected


def current(cluster: Cluster) -> Plan | None:
    """The newest version."""
    return (
        cluster.plans.select_related("created_by", "approved_by", "rejected_by")
        .order_by("-version")
        .first()
    )


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


def generate(
    user: User, cluster: Cluster, *, after: int | None = None, way: str = "", hint: str = ""
) -> Plan:
    """Draft a new version now, from the evidence and the repository (by a model if there is one).

    With `after` only on top of that version: raises Conflict `plan_changed` otherwise, or
    `plan_not_written`. `way` and `hint` are as for `drafting.request`, which does the same in the
    background.
    """
    teams.require_writer(user, cluster.project.team)
    require_own(cluster)
    cleaned = plan_writing.clean_hint(hint)
    try:
        written = plan_writing.write(user, cluster, way=way, hint=cleaned)
    except PlannerError as error:
        raise Conflict("plan_not_written", f"The plan could not be written. {error}") from error
    return add_written(user, cluster, written, after=after, hint=cleaned)


def add_written(
    user: User | None, cluster: Cluster, written: Written, *, after: int | None, hint: str
) -> Plan:
    """Keep what a planner wrote as the next version, with what it would like to know."""
    with transaction.atomic():
        plan = _add_version(
            user,
            cluster,
            written.drafted,
            made_by=written.made_by,
            note=written.note,
            base_sha=written.base_sha,
            verb="plan.generated",
            after=after,
            hint=hint,
        )
        questions.replace(plan, written.drafted.questions)
    return plan


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
        Drafted(draft),
        made_by=Plan.MadeBy.PERSON,
        note="",
        base_sha=plan.base_sha,
        verb="plan.edited",
        after=version,
    )


@transaction.atomic
def approve(user: User, cluster: Cluster, *, version: int) -> Plan:
    """Approve the newest version; `version` is the one the person has read.

    From here on its digest stands for it: a job keeps the digest of the plan that it carries out.
    """
    plan = _locked(user, cluster, version)
    require_own(cluster)
    if not plan.is_approved:
        plan.approved_by, plan.approved_at = user, timezone.now()
        plan.rejected_by, plan.rejected_at, plan.rejected_reason = None, None, ""
        _judged(plan)
        _tell(user, plan, "plan.approved", digest=plan.digest)
    return plan


@transaction.atomic
def withdraw_approval(user: User, cluster: Cluster) -> Plan:
    """Take the approval of the newest version back (undo)."""
    plan = _locked(user, cluster)
    if plan.is_approved:
        plan.approved_by = plan.approved_at = None
        _judged(plan)
        _tell(user, plan, "plan.approval_withdrawn")
    return plan


@transaction.atomic
def reject(user: User, cluster: Cluster, *, version: int, reason: str) -> Plan:
    """Say that the newest version will not do, and why; an approval of it ends.

    Raises Invalid without a reason. The version stays as it is; the next one can heed the reason.
    """
    plan = _locked(user, cluster, version)
    said = reason.replace("\0", "").strip()
    if not said or len(said) > MOST_REASON:
        text = f"Say in 1 to {MOST_REASON:,} characters why: the next version can heed it."
        raise Invalid("reason_invalid", text, fields={"reason": [text]})
    plan.approved_by = plan.approved_at = None
    plan.rejected_by, plan.rejected_at, plan.rejected_reason = user, timezone.now(), said
    _judged(plan)
    _tell(user, plan, "plan.rejected", reason=said)
    return plan


@transaction.atomic
def withdraw_rejection(user: User, cluster: Cluster) -> Plan:
    """Take the rejection of the newest version back (undo)."""
    plan = _locked(user, cluster)
    if plan.rejected_at is not None:
        plan.rejected_by, plan.rejected_at, plan.rejected_reason = None, None, ""
        _judged(plan)
        _tell(user, plan, "plan.rejection_withdrawn")
    return plan


def _locked(user: User, cluster: Cluster, version: int | None = None) -> Plan:
    """The newest version, held for this transaction; Conflict when it is not the one read."""
    teams.require_writer(user, cluster.project.team)
    plan = cluster.plans.select_for_update().order_by("-version").first()
    if plan is None:
        raise NotFound("no_plan", "There is no plan yet: generate one first.")
    if version is not None and plan.version != version:
        raise _changed(plan.version)
    return plan


def _judged(plan: Plan) -> None:
    plan.save(
        update_fields=[
            "approved_by",
            "approved_at",
            "rejected_by",
            "rejected_at",
            "rejected_reason",
        ]
    )


def _tell(user: User | None, plan: Plan, verb: str, **more: object) -> None:
    audit.record(
        actor=user,
        team=plan.cluster.project.team,
        verb=verb,
        target=plan.cluster,
        version=plan.version,
        **more,
    )


def _add_version(
    user: User | None,
    cluster: Cluster,
    drafted: Drafted,
    *,
    made_by: str,
    note: str,
    base_sha: str,
    verb: str,
    after: int | None = None,
    hint: str = "",
) -> Plan:
    content = drafted.draft.model_dump(mode="json")
    try:
        with transaction.atomic():
            # Merging waits, or is over: what is merged away has nobody who would read a plan.
            rows = Cluster.objects.select_for_update(no_key=True).filter(pk=cluster.pk)
            if (held := rows.first()) is None:
                raise NotFound("cluster_gone", "This cluster is not there any more.")
            require_own(held)
            newest = cluster.plans.aggregate(newest=Max("version"))["newest"] or 0
            plan = Plan.objects.create(
                cluster=cluster,
                version=(newest if after is None else after) + 1,
                content=content,
                digest=digest(content),
                made_by=made_by,
                model_name=drafted.audit.model[:100],
                note=note,
                base_sha=base_sha,
                created_by=user,
                hint=hint,
                audit=_audit(drafted.audit),
            )
            Cluster.objects.filter(pk=cluster.pk, status=Cluster.Status.NEW).update(
                status=Cluster.Status.PLANNED
            )
            _tell(user, plan, verb)
    except IntegrityError as error:
        # Somebody saved the same version number in between.
        raise _changed((after or 0) + 1) from error
    return plan


def _audit(record: Audit) -> dict[str, Any]:
    """As the row keeps it; nothing where nothing was measured."""
    kept = asdict(record)
    del kept["model"]
    return kept if record != Audit() else {}


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
