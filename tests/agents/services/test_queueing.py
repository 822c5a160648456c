"""Who goes next: within the limits, fair across teams, and everybody is told why they wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from agents.models import Job
from agents.pipelines.version import PIPELINE_VERSION
from agents.services import installation, leases, queueing, rows
from clusters.models import Project
from credentials.models import Team
from tests import factories


@pytest.fixture(autouse=True)
def limits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings.PROJECT_JOBS_AT_ONCE = 2
    settings.PROJECT_JOBS_PER_HOUR = 4
    settings.JOBS_PER_MINUTE = 100
    monkeypatch.setattr(installation, "takes_jobs", lambda: True)
    return settings


def projects_of(name: str, count: int = 1) -> list[Project]:
    team = Team.objects.create(name=name, slug=name)
    return [factories.make_project(team, name=f"{name}{n}") for n in range(count)]


def ask(project: Project, **fields: Any) -> Job:
    return factories.make_job(project, **fields)


def began(job: Job, *, seconds_ago: float) -> None:
    Job.objects.filter(pk=job.pk).update(started_at=Now() - timedelta(seconds=seconds_ago))


def taken() -> list[int]:
    """The jobs in the order in which a worker without end takes them up now."""
    order = []
    while (job := queueing.next_job()) is not None:
        assert leases.claim(job, "worker") is not None
        order.append(job)
    return order


def order() -> list[int]:
    return list(queueing.places())


def reason(job: Job) -> str:
    return queueing.places()[job.pk].reason


def end(job_id: int) -> None:
    Job.objects.filter(pk=job_id).update(
        status=Job.Status.COMPLETED, outcome="verified", finished_at=Now(), lease_until=None
    )


def test_nothing_waits(db: None) -> None:
    assert queueing.next_job() is None
    assert queueing.places() == {}


def test_the_most_urgent_goes_first_then_the_oldest(project: Project) -> None:
    low = ask(project, priority=Job.Priority.LOW)
    old, young = ask(project), ask(project)
    urgent = ask(project, priority=Job.Priority.URGENT)
    assert order() == [urgent.pk, old.pk, young.pk, low.pk]


def test_a_project_runs_two_jobs_at_once(project: Project) -> None:
    first, second, third = (ask(project) for _ in range(3))
    assert taken() == [first.pk, second.pk]
    assert "2 jobs of this project run already" in reason(third)
    end(first.pk)
    assert queueing.next_job() == third.pk


def test_a_project_begins_so_many_an_hour(project: Project) -> None:
    for minutes in range(4):
        job = ask(project, status=Job.Status.COMPLETED)
        began(job, seconds_ago=3500 - 60 * minutes)
    waiting = ask(project)
    place = queueing.places()[waiting.pk]
    assert queueing.next_job() is None
    assert "4 jobs of this project may begin within an hour" in place.reason
    oldest = Job.objects.exclude(pk=waiting.pk).earliest("started_at").started_at
    assert oldest is not None
    assert place.not_before == oldest + timedelta(hours=1)
    Job.objects.filter(started_at=oldest).update(started_at=Now() - timedelta(seconds=3601))
    assert queueing.next_job() == waiting.pk


def test_everybody_together_begins_so_many_a_minute(project: Project, limits: Settings) -> None:
    limits.JOBS_PER_MINUTE = 1
    job = ask(projects_of("other")[0], status=Job.Status.COMPLETED)
    began(job, seconds_ago=50)
    waiting = ask(project)
    assert queueing.next_job() is None
    assert "within a minute" in reason(waiting)
    began(job, seconds_ago=61)
    assert queueing.next_job() == waiting.pk


def test_what_began_before_is_bound_only_by_at_once(project: Project, limits: Settings) -> None:
    limits.PROJECT_JOBS_PER_HOUR = limits.JOBS_PER_MINUTE = 1
    done = ask(project, status=Job.Status.COMPLETED)
    began(done, seconds_ago=5)
    again, other = ask(project), ask(project)
    began(again, seconds_ago=5)
    began(other, seconds_ago=5)
    running = ask(project, status=Job.Status.RUNNING)
    assert taken() == [again.pk]
    assert "2 jobs of this project run already" in reason(other)
    end(running.pk)
    assert queueing.next_job() == other.pk


def test_a_cancelled_one_is_tidied_up_whatever_the_limits_say(project: Project) -> None:
    for _ in range(2):
        ask(project, status=Job.Status.RUNNING)
    ask(project, priority=Job.Priority.URGENT)
    cancelled = ask(project)
    Job.objects.filter(pk=cancelled.pk).update(cancel_requested_at=Now(), started_at=Now())
    assert order()[0] == cancelled.pk
    assert "cancelled" in reason(cancelled)
    assert taken() == [cancelled.pk]


def test_the_team_with_the_fewest_running_jobs_goes_first(db: None, limits: Settings) -> None:
    busy, idle = projects_of("busy")[0], projects_of("idle")[0]
    began(ask(busy, status=Job.Status.RUNNING), seconds_ago=4000)
    urgent, quiet = ask(busy, priority=Job.Priority.URGENT), ask(idle, priority=Job.Priority.LOW)
    assert order() == [quiet.pk, urgent.pk]


def test_then_the_one_that_was_served_least_recently(db: None) -> None:
    lately, before, never = (projects_of(name)[0] for name in ("lately", "before", "never"))
    for project, seconds in ((lately, 10), (before, 100)):
        began(ask(project, status=Job.Status.COMPLETED), seconds_ago=seconds)
    jobs = [ask(project) for project in (lately, before, never)]
    assert order() == [jobs[2].pk, jobs[1].pk, jobs[0].pk]


def test_a_team_with_fifty_jobs_starves_nobody(db: None, limits: Settings) -> None:
    """Eight places, jobs of the same length, three teams: they wait about equally long."""
    limits.PROJECT_JOBS_PER_HOUR = 1000
    greedy = projects_of("greedy", 5)
    others = [projects_of("second", 5), projects_of("third", 5)]
    jobs = {ask(greedy[n % 5]).pk: "greedy" for n in range(50)}
    for projects in others:
        jobs |= {ask(projects[n % 5]).pk: projects[0].name for n in range(8)}
    moments: dict[str, list[int]] = {}
    for moment in range(30):
        running: list[int] = []
        while len(running) < 8 and (job := queueing.next_job()) is not None:
            assert leases.claim(job, "worker")
            running.append(job)
            moments.setdefault(jobs[job], []).append(moment)
        for job in running:
            end(job)
    of_eight = [sum(found[:8]) / 8 for found in moments.values()]
    assert max(of_eight) + 1 <= 2 * (min(of_eight) + 1)


def test_a_job_that_was_put_aside_waits_for_its_moment(project: Project) -> None:
    aside = ask(project, waiting_reason="GitHub's limit is used up.")
    Job.objects.filter(pk=aside.pk).update(not_before=Now() + timedelta(minutes=5))
    aside.refresh_from_db()
    other = ask(project)
    place = queueing.places()[aside.pk]
    assert order() == [other.pk, aside.pk]
    assert (place.reason, place.not_before) == ("GitHub's limit is used up.", aside.not_before)
    assert taken() == [other.pk]


def test_a_job_of_a_newer_version_waits_for_a_newer_worker(project: Project) -> None:
    newer = ask(project, pipeline_version=PIPELINE_VERSION + 1, priority=Job.Priority.URGENT)
    other = ask(project)
    assert order() == [other.pk, newer.pk]
    assert "newer version" in reason(newer)
    assert taken() == [other.pk]


@pytest.mark.parametrize(
    ("works", "said"), [(True, "has room"), (None, "has room"), (False, "No worker")]
)
def test_whether_any_worker_runs_is_said(
    project: Project, works: bool | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "takes_jobs", lambda: works)
    assert said in reason(ask(project))


def test_what_would_be_over_the_limit_is_told_so_before_the_others_begin(project: Project) -> None:
    jobs = [ask(project) for _ in range(3)]
    reasons = [reason(job) for job in jobs]
    assert reasons[0] == reasons[1]
    assert "2 jobs of this project may run at once" in reasons[2]


def test_the_page_and_the_workers_agree(db: None, limits: Settings) -> None:
    """Whatever begins now begins in the order that people were shown."""
    limits.PROJECT_JOBS_AT_ONCE, limits.PROJECT_JOBS_PER_HOUR, limits.JOBS_PER_MINUTE = 3, 3, 12
    one, two, three = projects_of("one", 3), projects_of("two", 2), projects_of("three")
    urgency = [Job.Priority.MEDIUM, Job.Priority.URGENT, Job.Priority.LOW, Job.Priority.HIGH]
    for n in range(36):
        projects = (one, two, three, one)[n % 4]
        job = ask(projects[n % len(projects)], priority=urgency[n % 3])
        if n % 5 == 0:
            began(job, seconds_ago=100 + n)
    began(ask(two[0], status=Job.Status.RUNNING), seconds_ago=4000)
    began(ask(three[0], status=Job.Status.COMPLETED), seconds_ago=30)
    shown = order()
    assert sorted(shown) == sorted(
        Job.objects.filter(status="pending").values_list("pk", flat=True)
    )
    ahead = queueing.upcoming(100)
    begun = taken()
    assert 8 < len(begun) < 36
    assert begun == ahead == shown[: len(begun)]


def test_places_are_numbered_and_every_one_has_a_sentence(project: Project) -> None:
    jobs = [ask(project) for _ in range(12)]
    places = queueing.places()
    assert [places[job.pk].position for job in jobs] == list(range(1, 13))
    assert all(place.reason.endswith(".") for place in places.values())
    assert len(queueing.places(limit=5)) == 5


def test_the_place_of_one_job(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = ask(project), ask(project)
    place = queueing.place(second)
    assert place is not None
    assert (place.job_id, place.position) == (second.pk, 2)
    assert queueing.place(ask(project, status=Job.Status.RUNNING)) is None
    assert queueing.place(ask(project, status=Job.Status.AWAITING_APPROVAL)) is None
    monkeypatch.setattr(queueing, "MOST", 1)
    monkeypatch.setattr(queueing.places, "__defaults__", (1,))
    far = queueing.place(second)
    assert far is not None
    assert far.position == 2
    assert first.pk != far.job_id


def test_many_jobs_take_no_more_queries(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 8):
        for n in range(count):
            for project in projects_of(f"team-{count}-{n}", 2):
                ask(project)
                began(ask(project, status=Job.Status.RUNNING), seconds_ago=5)
        with django_assert_num_queries(3):
            queueing.places()
        with django_assert_num_queries(3):
            queueing.next_job()


def test_times_are_the_databases(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host whose clock is ten minutes off sees the same queue."""
    aside, job = ask(project), ask(project)
    Job.objects.filter(pk=aside.pk).update(not_before=Now() + timedelta(minutes=5))
    before = queueing.places()
    real = datetime.now
    monkeypatch.setattr("django.utils.timezone.now", lambda: real() + timedelta(minutes=10))
    assert queueing.places() == before
    assert queueing.next_job() == job.pk


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Others plan once they know everything")
def test_jobs_that_ended_are_not_read(db: None) -> None:
    """However many there are: SQLite finds the few others by their own indexes."""
    assert "job_leases" in rows.held().filter(lease_until__lte=Now()).explain()
    assert "job_queue" in rows.pending().order_by("-priority", "id").explain()
