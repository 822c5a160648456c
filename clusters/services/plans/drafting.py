"""Plans that are written in the background: asked for, leased by a worker, done or failed.

A worker renews its lease while it lives; when it is gone, another begins again, at most three
times. What a worker that lost its lease brings is not kept: `attempts` goes up with each claim.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from clusters import queue
from clusters.models import Cluster, Plan, PlanDrafting
from clusters.planner.base import PlannerError
from clusters.services import plans
from clusters.services.changes import require_own
from clusters.services.plans import writing as plan_writing
from clusters.services.plans.renewing import renewed
from clusters.services.plans.writing import Written
from credentials.errors import AppError, Conflict, Invalid, NotFound
from credentials.models import User
from credentials.services import audit, teams

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 3
_LOST = timedelta(seconds=30)  # after which a message that nobody took is sent again

State, Way = PlanDrafting.State, PlanDrafting.Way
ACTIVE = (State.WAITING, State.RUNNING)


def current(cluster: Cluster) -> PlanDrafting | None:
    """The newest one, whether it is being written, is done or has failed."""
    return cluster.draftings.select_related("requested_by", "plan").order_by("-id").first()


def active(cluster: Cluster) -> PlanDrafting | None:
    """The one that is being written."""
    return cluster.draftings.filter(state__in=ACTIVE).first()


def request(user: User, cluster: Cluster, *, way: str = "", hint: str = "") -> PlanDrafting:
    """Have a plan written soon; the one that is being written on a second click.

    `way`: "evidence", "model", or '' for the model where there is a key. An agent's plan is asked
    for through its job. Raises Invalid `way_unknown`, `hint_too_long`; Conflict `no_model`.
    """
    teams.require_writer(user, cluster.project.team)
    require_own(cluster)
    if way not in {"", Way.EVIDENCE, Way.MODEL}:
        text = "A plan is written from the evidence or by a model."
        raise Invalid("way_unknown", text, fields={"way": [text]})
    usual = plan_writing.usual_way(user, cluster)
    if way == Way.MODEL and usual != Way.MODEL:
        said = "There is no key of yours or your team's for a model: store one, or have the plan written from the evidence."
        raise Conflict("no_model", said)
    drafting, new = begin(user, cluster, way=way or usual, hint=hint)
    if new:
        _send(drafting)
    return drafting


def begin(user: User, cluster: Cluster, *, way: str, hint: str) -> tuple[PlanDrafting, bool]:
    """Write the row that says what is asked; the one that is there and False on a second click."""
    cleaned = plan_writing.clean_hint(hint)
    newest = plans.current(cluster)
    try:
        with transaction.atomic():
            drafting = PlanDrafting.objects.create(
                cluster=cluster,
                way=way,
                hint=cleaned,
                after_version=newest.version if newest else 0,
                requested_by=user,
                progress="It waits for a worker.",
            )
            audit.record(
                actor=user,
                team=cluster.project.team,
                verb="plan.requested",
                target=cluster,
                way=way,
            )
    except IntegrityError:
        running = active(cluster)
        if running is None and Cluster.objects.filter(pk=cluster.pk).exists():  # it ended just now
            return begin(user, cluster, way=way, hint=hint)
        if running is None:
            raise NotFound("cluster_not_found", "This cluster is not there any more.") from None
        return running, False
    return drafting, True


def run(drafting_id: int) -> None:
    """Write it, unless somebody else does; every end is written down."""
    drafting = _claimed(drafting_id)
    if drafting is None:
        return
    with renewed(drafting.pk, drafting.attempts):
        try:
            written = _written(drafting)
        except PlannerError as error:
            fail(drafting, str(error))
        except AppError as error:
            fail(drafting, error.message)
        except Exception as error:
            log.exception("drafting_broke", drafting=drafting.pk)
            fail(drafting, f"Something unexpected went wrong ({type(error).__name__}).")
        else:
            deliver(drafting, written)


def deliver(drafting: PlanDrafting, written: Written) -> Plan | None:
    """Keep what was written; None when this worker does not have it any more, or it has ended."""
    try:
        with transaction.atomic():
            if _held(drafting).select_for_update().first() is None:
                return None
            plan = plans.add_written(
                drafting.requested_by,
                drafting.cluster,
                written,
                after=drafting.after_version,
                hint=drafting.hint,
            )
            _held(drafting).update(state=State.DONE, plan=plan, ended_at=Now(), expires_at=None)
    except Conflict as error:
        fail(drafting, f"{error.message} What was written meanwhile is not kept.")
        return None
    return plan


def fail(drafting: PlanDrafting, message: str) -> None:
    """Write down why there is no plan."""
    _held(drafting).update(
        state=State.FAILED, message=message[:2_000], ended_at=Now(), expires_at=None
    )


def say(drafting: PlanDrafting, sentence: str) -> None:
    """What it does now, for the page."""
    _held(drafting).update(progress=sentence[:200])


def sweep() -> None:
    """Send again what was lost with its worker or its message, and give up what fails for ever."""
    lost = PlanDrafting.objects.exclude(way=Way.AGENT).filter(
        Q(state=State.WAITING, created_at__lt=Now() - _LOST)
        | Q(state=State.RUNNING, expires_at__lt=Now())
    )
    for drafting in lost[:100]:
        _send(drafting)


def _send(drafting: PlanDrafting) -> None:
    # A model is waited for, where threads wait; the evidence is computed, where processes do.
    name = "clusters.ask_for_plan" if drafting.way == Way.MODEL else "clusters.draft_plan"
    transaction.on_commit(lambda: queue.send(name, drafting.pk))


def _claimed(drafting_id: int) -> PlanDrafting | None:
    """The row with a lease of ours; None when somebody has one, or too many died of it."""
    free = PlanDrafting.objects.exclude(way=Way.AGENT).filter(
        Q(state=State.WAITING) | Q(state=State.RUNNING, expires_at__lt=Now()), pk=drafting_id
    )
    with transaction.atomic():
        drafting = (
            free.select_for_update(of=("self",))
            .select_related("cluster__project__team", "requested_by")
            .first()
        )
        if drafting is None:
            return None
        if drafting.attempts >= MOST_ATTEMPTS:
            fail(
                drafting, f"It was begun {MOST_ATTEMPTS} times, and each time its worker was lost."
            )
            return None
        drafting.attempts += 1
        PlanDrafting.objects.filter(pk=drafting.pk).update(
            state=State.RUNNING,
            attempts=drafting.attempts,
            started_at=Now(),
            expires_at=Now() + timedelta(seconds=settings.LEASE_SECONDS),
        )
    drafting.state = State.RUNNING
    return drafting


def _held(drafting: PlanDrafting) -> QuerySet[PlanDrafting]:
    """The row as long as this attempt is the newest and it has not ended."""
    return PlanDrafting.objects.filter(pk=drafting.pk, attempts=drafting.attempts, state__in=ACTIVE)


def _written(drafting: PlanDrafting) -> Written:
    if drafting.requested_by is None:
        raise PlannerError(
            "Whoever asked for it is not here any more, so no key of theirs is used."
        )
    teams.require_writer(drafting.requested_by, drafting.cluster.project.team)
    return plan_writing.write(
        drafting.requested_by,
        drafting.cluster,
        way=drafting.way,
        hint=drafting.hint,
        heard=lambda sentence: say(drafting, sentence),
    )
