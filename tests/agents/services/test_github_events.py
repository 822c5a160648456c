"""What GitHub tells becomes the same state here, in whatever order it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import QuerySet
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents import queue
from agents.models import Job, PullRequest, WebhookDelivery
from agents.services import deliveries
from agents.services.github_events import handle
from clusters.models import Cluster, Project
from clusters.services import clusters
from credentials.models import AuditEvent, Team, User
from tests import factories
from tests.agents.hooks import pull_request, repository

BRANCH = "soulcaster/1-1"
State = tuple[object, ...]


@pytest.fixture
def project(team: Team) -> Project:
    return factories.make_project(
        team,
        forge="github",
        repository="till/shop",
        created_at=timezone.now() - timedelta(days=1),
    )


@pytest.fixture
def job(cluster: Cluster) -> Job:
    """A job that ended with a pull request; no row knows it yet."""
    cluster.status = Cluster.Status.PR_OPENED
    cluster.save()
    return factories.make_job(
        cluster.project, cluster, status="completed", branch=BRANCH, outcome="verified"
    )


def tell(*payloads: dict[str, Any], event: str = "pull_request") -> list[str]:
    """Have events processed one after the other; what came of each."""
    return [handle(event, payload).outcome for payload in payloads]


def state_of(project: Project, *, everything: bool = True) -> State:
    """What a viewer can tell apart."""
    pull = PullRequest.objects.get(project=project)
    cluster = pull.cluster
    assert cluster is not None
    ended = (pull.merged_at, pull.closed_at) if everything else ()
    shown = (pull.state, pull.draft, pull.head_sha, pull.title, pull.forge_updated_at)
    return (*shown, *ended, cluster.status)


def the_cluster(job: Job) -> QuerySet[Cluster]:
    """The cluster that the job works on, as it is now."""
    return Cluster.objects.filter(jobs=job)


def forget(job: Job) -> None:
    """As before the first event."""
    PullRequest.objects.all().delete()
    the_cluster(job).update(status="pr_opened", resolved_at=None)


LIFE = [
    pull_request("opened", "10:00:00"),
    pull_request("synchronize", "10:00:01", head="b"),
    pull_request("ready_for_review", "10:00:02", head="b", draft=False),
    pull_request("edited", "10:00:03", head="b", draft=False, title="Fix all of it"),
]
MERGED = pull_request(
    "closed", "10:00:04", head="b", draft=False, title="Fix all of it", state="closed", merged=True
)
CLOSED = pull_request("closed", "10:00:04", head="b", draft=False, state="closed")
REOPENED = pull_request("reopened", "10:00:05", head="b", draft=False)
SAME_SECOND = [
    pull_request("opened", "10:00:00"),
    pull_request("ready_for_review", "10:00:00", draft=False),
    pull_request("synchronize", "10:00:00", head="b", draft=False),
    pull_request("synchronize", "10:00:00", head="c", draft=False),
    pull_request("closed", "10:00:00", head="b", draft=False, state="closed", merged=True),
]


@pytest.mark.parametrize(
    ("events", "status", "state"),
    [
        ([*LIFE, MERGED], "resolved", "merged"),
        ([*LIFE[:3], CLOSED], "planned", "closed"),
        ([*LIFE[:2], CLOSED, REOPENED], "pr_opened", "open"),
        (SAME_SECOND, "resolved", "merged"),
        (SAME_SECOND[:4], "pr_opened", "open"),
    ],
    ids=["merged", "closed", "reopened", "all in one second", "open in one second"],
)
def test_the_order_of_events_does_not_matter(
    job: Job, events: list[dict[str, Any]], status: str, state: str
) -> None:
    ends: set[State] = set()
    for order in permutations(events):
        forget(job)
        tell(*order)
        ends.add(state_of(job.project))
    assert len(ends) == 1
    end = ends.pop()
    assert (end[0], end[-1]) == (state, status)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.sampled_from([*LIFE, MERGED]), max_size=12))
def test_events_that_come_again_change_nothing(job: Job, told: list[dict[str, Any]]) -> None:
    forget(job)
    tell(*LIFE, MERGED)
    before = state_of(job.project)
    tell(*told)
    assert state_of(job.project) == before


def test_merging_resolves_the_cluster(job: Job) -> None:
    assert tell(LIFE[0], MERGED) == ["done", "done"]
    pull = PullRequest.objects.get()
    cluster = the_cluster(job).get()
    assert (pull.job, pull.state, pull.verified) == (job, "merged", False)
    assert pull.merged_at == datetime(2026, 1, 1, 10, 0, 4, tzinfo=UTC)
    assert pull.cluster
    assert pull.cluster.addressed["kind"] == "merged"
    assert f"#{pull.number}" in pull.cluster.addressed["text"]
    assert pull.cluster.addressed["at"] == pull.merged_at.isoformat()
    assert cluster.status == Cluster.Status.RESOLVED
    assert cluster.resolved_at is not None


def test_a_cluster_that_was_opened_again_stays_open(alice: User, job: Job) -> None:
    tell(MERGED)
    clusters.reopen(alice, the_cluster(job).get())
    later = {**MERGED, "action": "edited"}
    later["pull_request"] = {**MERGED["pull_request"], "updated_at": "2026-01-01T12:00:00Z"}
    tell(later, MERGED)
    assert the_cluster(job).get().status == Cluster.Status.NEW


def test_a_dismissed_cluster_stays_dismissed(job: Job) -> None:
    the_cluster(job).update(status="dismissed")
    tell(*LIFE, MERGED)
    assert the_cluster(job).get().status == "dismissed"


def test_a_cluster_with_another_open_pull_request_waits_for_it(job: Job) -> None:
    other = factories.make_job(job.project, job.cluster, branch="soulcaster/1-2")
    Job.objects.filter(pk=other.pk).update(
        status="completed", outcome="verified", finished_at=timezone.now()
    )
    tell(LIFE[0], pull_request("opened", "10:00:00", number=13, branch="soulcaster/1-2"), CLOSED)
    assert the_cluster(job).get().status == "pr_opened"


def test_a_working_job_keeps_its_cluster(job: Job) -> None:
    tell(LIFE[0])
    the_cluster(job).update(status="fixing")
    factories.make_job(job.project, job.cluster, status="running")
    tell(CLOSED)
    assert PullRequest.objects.get().state == "closed"
    assert the_cluster(job).get().status == "fixing"


def test_ready_and_draft_again(job: Job) -> None:
    tell(LIFE[0], LIFE[2])
    assert PullRequest.objects.get().draft is False
    tell(pull_request("converted_to_draft", "10:00:09", draft=True))
    assert PullRequest.objects.get().draft is True


@pytest.mark.parametrize(
    "payload",
    [
        pull_request("closed", "10:00:00", state="closed", merged=True, branch="feature/own"),
        pull_request("closed", "10:00:00", state="closed", merged=True, fork=True),
    ],
    ids=["a person's own branch", "a branch of the same name in a fork"],
)
def test_pull_requests_of_others_are_left_alone(job: Job, payload: dict[str, Any]) -> None:
    assert tell(payload) == ["ignored"]
    assert not PullRequest.objects.exists()
    assert the_cluster(job).get().status == "pr_opened"


def test_only_projects_of_the_repository_follow(job: Job, mallory: User) -> None:
    elsewhere = factories.make_project(
        mallory.memberships.get().team, forge="github", repository="till/other"
    )
    local = factories.make_project(job.project.team, name="local", repository="till/shop")
    for project in (elsewhere, local):
        cluster = factories.make_cluster(project, status="pr_opened")
        factories.make_job(project, cluster, status="completed", branch=BRANCH)
    tell(MERGED)
    assert [pull.project for pull in PullRequest.objects.all()] == [job.project]


def test_a_repositorys_name_has_no_case(job: Job) -> None:
    tell({**MERGED, "repository": repository("Till/Shop")})
    assert PullRequest.objects.get().state == "merged"


def moved(old: str, new: str, at: str) -> dict[str, Any]:
    """The repository went from one name to another: renamed, or given to another owner."""
    (old_owner, _, old_name), (owner, _, _) = old.partition("/"), new.partition("/")
    if owner == old_owner:
        changes: dict[str, Any] = {"repository": {"name": {"from": old_name}}}
        return {"action": "renamed", "changes": changes, "repository": repository(new, at)}
    changes = {"owner": {"from": {"user": {"login": old_owner}}}}
    return {"action": "transferred", "changes": changes, "repository": repository(new, at)}


MOVES = [
    moved("till/shop", "till/store", "2026-01-01T10:00:00Z"),
    moved("till/store", "acme/store", "2026-01-01T11:00:00Z"),
    moved("acme/store", "acme/till", "2026-01-01T12:00:00Z"),
]
BACK = moved("acme/till", "acme/store", "2026-01-01T13:00:00Z")


def deliver(*payloads: dict[str, Any]) -> None:
    """Through the table of deliveries, which remembers."""
    for payload in payloads:
        identity = uuid4()
        deliveries.receive(identity, "repository", _text(payload), payload)
        deliveries.process(WebhookDelivery.objects.get(delivery_id=identity).pk)


def _text(payload: dict[str, Any]) -> str:
    return json.dumps(payload)


@pytest.mark.parametrize(
    ("moves", "name"), [(MOVES, "acme/till"), ([*MOVES, BACK], "acme/store")], ids=["on", "back"]
)
def test_a_project_follows_its_repository(
    project: Project, moves: list[dict[str, Any]], name: str
) -> None:
    for order in permutations(moves):
        WebhookDelivery.objects.all().delete()
        Project.objects.filter(pk=project.pk).update(repository="till/shop")
        deliver(*order)
        project.refresh_from_db()
        assert project.repository == name, [move["repository"]["full_name"] for move in order]


def test_a_move_is_written_down_for_people(project: Project) -> None:
    deliver(MOVES[0])
    event = AuditEvent.objects.get()
    assert (event.verb, event.data) == (
        "project.repository_moved",
        {"old": "till/shop", "new": "till/store"},
    )


def test_a_project_that_took_over_the_old_name_stays(project: Project, team: Team) -> None:
    deliver(MOVES[0])
    newcomer = factories.make_project(team, name="new", forge="github", repository="till/shop")
    row = WebhookDelivery.objects.get()
    deliveries.again([row.pk])
    deliveries.process(row.pk)
    newcomer.refresh_from_db()
    assert newcomer.repository == "till/shop"


@pytest.fixture
def asked(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> Callable[..., list[int]]:
    """Tell a push; which projects are read again."""
    sent: list[int] = []
    monkeypatch.setattr(queue, "send", lambda task, row: sent.append(row))

    def push(branch: str, after: str) -> list[int]:
        with django_capture_on_commit_callbacks(execute=True):
            payload = {"ref": branch, "after": after, "repository": repository()}
            tell(payload, event="push")
        return sent

    return push


def test_a_persons_push_has_the_pull_request_read(
    job: Job, asked: Callable[..., list[int]]
) -> None:
    tell(LIFE[0])
    assert asked(f"refs/heads/{BRANCH}", "f" * 40) == [job.project_id]


@pytest.mark.parametrize(
    ("branch", "after"),
    [
        (f"refs/heads/{BRANCH}", "a" * 40),
        ("refs/heads/main", "f" * 40),
        (f"refs/tags/{BRANCH}", "f" * 40),
        ("", ""),
    ],
    ids=["known", "another branch", "a tag", "nothing"],
)
def test_other_pushes_are_ignored(
    job: Job, asked: Callable[..., list[int]], branch: str, after: str
) -> None:
    tell(LIFE[0])
    assert asked(branch, after) == []


def test_the_jobs_own_push_costs_no_question(job: Job, asked: Callable[..., list[int]]) -> None:
    tell(LIFE[0])
    Job.objects.filter(pk=job.pk).update(status="running", outcome="", finished_at=None)
    assert asked(f"refs/heads/{BRANCH}", "f" * 40) == []


@pytest.mark.parametrize(
    ("event", "payload", "outcome"),
    [
        ("ping", {"zen": "Speak like a human."}, "done"),
        ("marketplace_purchase", {"action": "x"}, "ignored"),
        ("pull_request", {}, "ignored"),
        ("push", {}, "ignored"),
        ("repository", {}, "ignored"),
        ("repository", {"action": "renamed"}, "ignored"),
        ("repository", {"action": "archived", "repository": repository()}, "done"),
        ("repository", {"action": "publicized", "repository": repository()}, "ignored"),
    ],
)
@pytest.mark.django_db
def test_every_event_comes_to_something(event: str, payload: dict[str, Any], outcome: str) -> None:
    result = handle(event, payload)
    assert result.outcome == outcome
    assert result.note.endswith(".")
