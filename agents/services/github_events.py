"""What each of GitHub's events means here: an open table of handlers.

A handler is given the payload, may be called more than once and in any order, and does no
network: where only GitHub knows the answer, it has the project reconciled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet

from agents import queue
from agents.models import Job, PullRequest, WebhookDelivery
from agents.services import pulls
from agents.services.pulls import Followed
from clusters.forges.github import events
from clusters.forges.github.events import Payload, RepositoryEvent
from clusters.models import Project
from clusters.services.sources import hearing
from credentials.services import audit

MOVES = ("renamed", "transferred")
_DONE, _IGNORED = WebhookDelivery.Outcome.DONE, WebhookDelivery.Outcome.IGNORED
_SENTENCES = {
    Followed.FOREIGN: "No job opened this pull request.",
    Followed.OLDER: "A newer state was known already.",
    Followed.SAME: "Nothing was new.",
    Followed.CHANGED: "The pull request and its cluster followed.",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an event, and a sentence for operators."""

    outcome: WebhookDelivery.Outcome
    note: str


Handler = Callable[[Payload], Result]
_HANDLERS: dict[str, Handler] = {}


def handles(event: str) -> Callable[[Handler], Handler]:
    """Put a function into the table."""

    def register(handler: Handler) -> Handler:
        _HANDLERS[event] = handler
        return handler

    return register


def handle(event: str, payload: Payload) -> Result:
    """Do what an event asks for."""
    handler = _HANDLERS.get(event)
    return handler(payload) if handler else Result(_IGNORED, "Nothing here follows this event.")


@handles("ping")
def ping(payload: Payload) -> Result:
    """GitHub tries a new webhook out."""
    return Result(_DONE, "The webhook works.")


@handles("pull_request")
def pull_request(payload: Payload) -> Result:
    """Whatever happened to it, the payload tells its whole state."""
    event = events.pull_of(payload)
    if event is None:
        return Result(_IGNORED, "The event does not say which state the pull request is in.")
    projects = projects_of(payload)
    if not projects:
        return Result(_IGNORED, "No project uses this repository.")
    followed = [
        pulls.follow_forge(
            project, event.pull, event.at, ended_at=event.ended_at, own_branch=event.own_branch
        )
        for project in projects
    ]
    best = next(one for one in reversed(Followed) if one in followed)
    return Result(_IGNORED if best is Followed.FOREIGN else _DONE, _SENTENCES[best])


@handles("push")
def push(payload: Payload) -> Result:
    """Somebody pushed to the branch of one of our pull requests: ask what it is now."""
    event = events.push_of(payload)
    moved = (
        PullRequest.objects.filter(
            project__in=projects_of(payload), branch=event.branch, state=PullRequest.State.OPEN
        )
        .exclude(head_sha=event.after)
        .exclude(job__status__in=Job.ACTIVE)
    )
    projects = set(moved.values_list("project", flat=True)) if event.branch else set()
    for project_id in projects:
        queue.reconcile(project_id)
    if not projects:
        return Result(_IGNORED, "No open pull request waits for this push.")
    return Result(_DONE, "The pull request is read again.")


@handles("issues")
def issues(payload: Payload) -> Result:
    """Sources that read the repository's issues follow."""
    return _followed(hearing.hear_issue(payload))


@handles("issue_comment")
def issue_comment(payload: Payload) -> Result:
    """Comments are evidence beside the issue that they stand below."""
    return _followed(hearing.hear_comment(payload))


@handles("repository")
def repository(payload: Payload) -> Result:
    """Projects follow their repository to a new name."""
    event = events.repository_event_of(payload)
    if event.action in MOVES:
        return _moved(event.repository.id)
    if event.action == "archived":
        return Result(_DONE, "Jobs are refused with that reason until it is unarchived.")
    return Result(_IGNORED, "Nothing here follows this action.")


def _followed(count: int) -> Result:
    if not count:
        return Result(_IGNORED, "No source reads this.")
    return Result(_DONE, f"{count} sources have taken it in.")


def projects_of(payload: Payload) -> QuerySet[Project]:
    """Projects whose code lies in the event's repository."""
    return _projects(events.repository_of(payload).full_name)


def _projects(full_name: str) -> QuerySet[Project]:
    named = Project.objects.filter(forge=Project.Forge.GITHUB, archived_at=None)
    return named.filter(repository__iexact=full_name).order_by("id") if full_name else named.none()


def _moved(repository_id: int) -> Result:
    """Go through all of a repository's kept moves, so that they may come in any order."""
    count = sum(_follow_move(event, row) for event, row in _moves(repository_id))
    if not count:
        return Result(_IGNORED, "No project used the old name.")
    return Result(_DONE, f"{count} projects followed to the new name.")


def _moves(repository_id: int) -> list[tuple[RepositoryEvent, WebhookDelivery]]:
    rows = WebhookDelivery.objects.filter(
        event="repository", action__in=MOVES, repository_id=repository_id
    )
    told = [(events.repository_event_of(events.load(row.body)), row) for row in rows]
    return sorted(told, key=lambda move: (_moment(move), move[1].pk))


def _moment(move: tuple[RepositoryEvent, WebhookDelivery]) -> float:
    event, row = move
    return (event.repository.updated_at or row.received_at).timestamp()


def _follow_move(event: RepositoryEvent, row: WebhookDelivery) -> int:
    # A project made later means whatever repository has the old name now.
    old = _projects(event.old_name).filter(created_at__lt=row.received_at)
    projects = list(old.select_for_update())
    for project in projects:
        names = {"old": project.repository, "new": event.repository.full_name}
        project.repository = event.repository.full_name
        project.save(update_fields=["repository"])
        audit.record(
            actor=None, team=project.team, verb="project.repository_moved", target=project, **names
        )
    return len(projects)
