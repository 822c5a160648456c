"""Who goes next. Nothing is refused: what is over a limit waits, with its place and a reason.

The team with the fewest running jobs goes first, then the one whose last job began longest ago;
within a team the most urgent job, then the oldest. All times are the database's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    F,
    Max,
    Min,
    Q,
    Window,
)
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Now, RowNumber

from agents.models import Job
from agents.pipelines.version import PIPELINE_VERSION
from agents.services import installation, rows
from agents.services.turns import Counts, Obstacle, Turns, Waiting

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MOST = 1000  # waiting jobs that are looked at

_NO_WORKER = "No worker takes jobs at the moment: it begins when one runs again."
_SOON = "It begins as soon as a worker has room for it."
_TIDYING = "It was cancelled: a worker tidies up after it as soon as one has room."
_NEWER = "It waits for a worker of the newer version that it was made with."
_ASIDE = "It was put aside for a while."
_FAR = "Very many jobs wait before it."


@dataclass(frozen=True, slots=True)
class Place:
    """Of a job that waits for a worker."""

    job_id: int
    position: int  # 1 is next
    reason: str  # one sentence: why it waits now
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class _Row:
    """A waiting job, and what its own row says against it."""

    job: Waiting
    due: bool
    version: int
    not_before: datetime | None
    reason: str

    @property
    def may_begin(self) -> bool:
        """By its own row, and by a worker of this version."""
        return self.due and self.version <= PIPELINE_VERSION


def next_job() -> int | None:
    """The job to claim now; None when none that waits may begin."""
    return next(iter(upcoming(1)), None)


def upcoming(limit: int) -> list[int]:
    """The jobs to claim now, each as if those before it were claimed; `limit` at most."""
    waiting = list(_waiting(MOST, of_each_line=limit, may_begin=True))
    if not waiting:
        return []
    turns = Turns((row.job for row in waiting), _counts())
    return [job.id for job in islice(turns.now(), limit)]


def places(limit: int = MOST) -> dict[int, Place]:
    """Every waiting job (`limit` at most), in the order in which they will probably be taken up."""
    waiting = {row.job.id: row for row in _waiting(limit, of_each_line=limit)}
    if not waiting:
        return {}
    counts = _counts()
    held = counts.held.copy()
    turns = Turns((row.job for row in waiting.values() if row.may_begin), counts)
    order = [job.id for job in turns.now()]
    obstacles = {job.id: counts.obstacle(job) for job in turns.left()}
    reasons = _Reasons(held, counts.opens, works=installation.takes_jobs() is not False)
    found = {id: reasons.of(row, obstacles.get(id)) for id, row in waiting.items()}
    order += [job.id for job in turns.later()]
    order += sorted(waiting.keys() - set(order), key=lambda id: _after_all(waiting[id]))
    return {id: Place(id, n, *found[id]) for n, id in enumerate(order, start=1)}


def place(job: Job) -> Place | None:
    """The place of one job; None when it does not wait for a worker."""
    if job.status != Job.Status.PENDING:
        return None
    if found := places().get(job.pk):
        return found
    position = rows.pending().count()
    return Place(job.pk, position, _FAR, job.not_before) if position > MOST else None


def may_begin(job: Waiting) -> bool:
    """Whether no limit holds the job back; for whoever holds its project's row."""
    counts = Counts()
    counts.held[job.project] = rows.held().filter(project=job.project).count()
    if not job.begun:
        began = Job.objects.filter(started_at__gt=Now() - HOUR)
        counts.hour[job.project] = began.filter(project=job.project).count()
        counts.minute = Job.objects.filter(started_at__gt=Now() - MINUTE).count()
    return counts.obstacle(job) is None


class _Reasons:
    """Why jobs wait, in sentences."""

    def __init__(self, held: dict[int, int], opens: dict[int, datetime], *, works: bool) -> None:
        self._held, self._opens, self._works = held, opens, works

    def of(self, row: _Row, obstacle: Obstacle | None) -> tuple[str, datetime | None]:
        """The sentence, and the moment before which it does not begin."""
        if row.version > PIPELINE_VERSION:
            return _NEWER, row.not_before
        if not row.due:
            return row.reason or _ASIDE, row.not_before
        if not self._works:
            return _NO_WORKER, None
        if row.job.cancelled:
            return _TIDYING, None
        opens = self._opens.get(row.job.project) if obstacle is Obstacle.HOUR else None
        return self._limited(row.job, obstacle), opens

    def _limited(self, job: Waiting, obstacle: Obstacle | None) -> str:
        match obstacle:
            case None:
                return _SOON
            case Obstacle.AT_ONCE:
                return self._at_once(self._held.get(job.project, 0))
            case Obstacle.HOUR:
                said = _jobs(settings.PROJECT_JOBS_PER_HOUR)
                return (
                    f"{said} of this project may begin within an hour, and that many did or go "
                    "before it: it begins when the first of them is an hour ago."
                )
            case Obstacle.MINUTE:
                said = _jobs(settings.JOBS_PER_MINUTE)
                return f"{said} of all teams may begin within a minute: it begins soon after."

    def _at_once(self, held: int) -> str:
        if held < settings.PROJECT_JOBS_AT_ONCE:
            said = _jobs(settings.PROJECT_JOBS_AT_ONCE)
            return f"{said} of this project may run at once, and others of it go first."
        runs = "runs" if held == 1 else "run"
        return f"{_jobs(held)} of this project {runs} already; the next one begins when one ends."


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"


def _after_all(row: _Row) -> tuple[bool, float, int]:
    """Put aside ones by their moment, then those that need another worker."""
    moment = row.not_before.timestamp() if row.not_before else 0.0
    return row.version > PIPELINE_VERSION, moment, row.job.id


def _waiting(most: int, *, of_each_line: int, may_begin: bool = False) -> Iterator[_Row]:
    """Waiting jobs, the first ones of every line before the second ones."""
    due = Q(not_before=None) | Q(not_before__lte=Now())
    jobs = rows.pending()
    if may_begin:
        jobs = jobs.filter(due, pipeline_version__lte=PIPELINE_VERSION)
    jobs = jobs.annotate(
        begun=_flag(Q(started_at__isnull=False)),
        cancelled=_flag(Q(cancel_requested_at__isnull=False)),
        due=_flag(due),
    )
    line: list[BaseExpression | F | str] = [rows.by("project_id"), F("begun"), F("cancelled")]
    rank = Window(RowNumber(), partition_by=line, order_by=[F("priority").desc(), F("id").asc()])
    first = jobs.annotate(rank=rank).filter(rank__lte=of_each_line).order_by("rank", "id")
    for id, project, team, priority, begun, cancelled, *said in first.values_list(
        *("id", "project_id", "project__team_id", "priority", "begun", "cancelled"),
        *("due", "pipeline_version", "not_before", "waiting_reason"),
    )[:most]:
        yield _Row(Waiting(id, project, team, priority, bool(begun), bool(cancelled)), *said)


def _counts() -> Counts:
    """What runs and what began lately, of all teams."""
    counts = Counts()
    held = rows.held().values_list(rows.by("project_id"), "project__team_id")
    for project, team, number in held.annotate(number=Count("pk")):
        counts.held[project] += number
        counts.held_of_team[team] += number
    began = Job.objects.filter(started_at__gt=Now() - HOUR)
    groups = list(
        began.values_list(rows.by("project_id"), "project__team_id").annotate(
            number=Count("pk"),
            minute=Count("pk", filter=Q(started_at__gt=Now() - MINUTE)),
            first=Min("started_at"),
            last=Max("started_at"),
        )
    )
    for project, _, number, minute, first, _ in groups:
        counts.hour[project] = number
        counts.minute += minute
        counts.opens[project] = first + HOUR
    by_time = sorted((last, team) for _, team, _, _, _, last in groups)
    for order, (_, team) in enumerate(by_time, start=1):
        counts.served[team] = order
    return counts


def _flag(condition: Q) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(condition, output_field=BooleanField())
