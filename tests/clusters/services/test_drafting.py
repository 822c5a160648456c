"""A plan that is written in the background is written once, and its end is always told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from clusters import tasks
from clusters.models import Cluster, Plan, PlanDrafting, PlanQuestion
from clusters.planner.base import Audit, Drafted, PlanDraft, PlannerError, Question
from clusters.services import plans
from clusters.services.plans import drafting
from clusters.services.plans import writing as plan_writing
from clusters.services.plans.writing import Written
from credentials.errors import Conflict, Forbidden, Invalid
from credentials.models import User
from tests import factories

DRAFT = PlanDraft.model_validate(
    {"summary": "Cents get lost.", "steps": ["Look."], "criteria": [{"text": "None is lost."}]}
)
WRITTEN = Written(
    Drafted(DRAFT, [Question("Which version?", choices=["1", "2"])], Audit(2.5, 3, 100, 20, 0.01)),
    "model",
)
State = PlanDrafting.State


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What was handed to workers."""
    told: list[tuple[str, int]] = []
    monkeypatch.setattr("clusters.queue.send", lambda task, row: told.append((task, row)))
    return told


def writes(monkeypatch: pytest.MonkeyPatch, work: Callable[[], Written]) -> None:
    monkeypatch.setattr(plan_writing, "write", lambda *_args, **_kwargs: work())


def asked(user: User, cluster: Cluster, **fields: object) -> PlanDrafting:
    return drafting.request(user, cluster, **fields)  # type: ignore[arg-type]


def test_it_is_asked_for_at_once_and_written_by_a_worker(
    alice: User,
    cluster: Cluster,
    sent: list[tuple[str, int]],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    factories.make_item(factories.make_source(cluster.project), cluster=cluster)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        wanted = asked(alice, cluster, hint="Look at the basket.")
    assert sent == [("clusters.draft_plan", wanted.pk)]
    assert (wanted.state, wanted.way) == (State.WAITING, "evidence")
    assert plans.current(cluster) is None
    drafting.run(wanted.pk)
    wanted.refresh_from_db()
    plan = plans.current(cluster)
    assert plan is not None
    assert (wanted.state, wanted.plan, plan.hint) == (State.DONE, plan, "Look at the basket.")
    assert "Look at the basket." in plan.draft.steps[0]
    assert plan.created_by == alice


def test_a_second_click_is_the_same_one(alice: User, bob: User, cluster: Cluster) -> None:
    assert asked(alice, cluster).pk == asked(bob, cluster, hint="Other").pk


def test_after_its_end_another_can_be_asked_for(alice: User, cluster: Cluster) -> None:
    first = asked(alice, cluster)
    drafting.run(first.pk)
    assert asked(alice, cluster).pk != first.pk


def test_what_it_took_and_what_it_asks_is_kept(
    alice: User, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes(monkeypatch, lambda: WRITTEN)
    drafting.run(asked(alice, cluster).pk)
    plan = Plan.objects.get(cluster=cluster)
    assert plan.audit == {
        "seconds": 2.5,
        "requests": 3,
        "tokens_in": 100,
        "tokens_out": 20,
        "cost_usd": 0.01,
        "events": [],
    }
    question = PlanQuestion.objects.get(cluster=cluster)
    assert (question.text, question.choices, question.plan) == ("Which version?", ["1", "2"], plan)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PlannerError("The provider refused the key."), "The provider refused the key."),
        (Conflict("x", "It does not fit."), "It does not fit."),
        (ZeroDivisionError("secret"), "Something unexpected went wrong (ZeroDivisionError)."),
    ],
)
def test_a_failure_says_what_happened(
    alice: User, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def broken() -> Written:
        raise error

    writes(monkeypatch, broken)
    wanted = asked(alice, cluster)
    drafting.run(wanted.pk)
    wanted.refresh_from_db()
    assert (wanted.state, wanted.message) == (State.FAILED, told)
    assert drafting.active(cluster) is None


def test_a_plan_that_somebody_edited_meanwhile_is_not_replaced(
    alice: User, bob: User, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.make_plan(cluster)

    def meanwhile() -> Written:
        plans.edit(bob, cluster, {"steps": ["Bob's."]}, version=1)
        return WRITTEN

    writes(monkeypatch, meanwhile)
    wanted = asked(alice, cluster)
    drafting.run(wanted.pk)
    wanted.refresh_from_db()
    newest = plans.current(cluster)
    assert newest is not None
    assert newest.draft.steps == ["Bob's."]
    assert wanted.state == State.FAILED
    assert "version 2" in wanted.message


def lose_the_worker(wanted: PlanDrafting) -> None:
    """Its lease has run out, and nobody renews it."""
    PlanDrafting.objects.filter(pk=wanted.pk).update(expires_at=Now() - timedelta(seconds=1))


def test_what_a_worker_has_no_other_takes(
    alice: User, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = asked(alice, cluster)
    begun: list[int] = []

    def twice() -> Written:
        begun.append(1)
        drafting.run(wanted.pk)  # another worker got the message, too
        return WRITTEN

    writes(monkeypatch, twice)
    drafting.run(wanted.pk)
    assert (len(begun), cluster.plans.count()) == (1, 1)


def test_a_killed_worker_is_followed_by_another_at_most_three_times(
    alice: User,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    sent: list[tuple[str, int]],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    class Killed(BaseException):
        pass

    def killed() -> Written:
        raise Killed

    writes(monkeypatch, killed)
    wanted = asked(alice, cluster)
    for attempt in range(1, drafting.MOST_ATTEMPTS + 1):
        with pytest.raises(Killed):
            drafting.run(wanted.pk)
        wanted.refresh_from_db()
        assert (wanted.state, wanted.attempts) == (State.RUNNING, attempt)
        drafting.run(wanted.pk)  # the lease still holds
        lose_the_worker(wanted)
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
            drafting.sweep()
        assert sent[-1] == ("clusters.draft_plan", wanted.pk)
    drafting.run(wanted.pk)
    wanted.refresh_from_db()
    assert wanted.state == State.FAILED
    assert "3 times" in wanted.message


def test_what_a_worker_brings_that_lost_its_lease_is_not_kept(
    alice: User, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = asked(alice, cluster)
    begun: list[int] = []

    def slow_then_quick() -> Written:
        begun.append(1)
        if len(begun) == 1:
            lose_the_worker(wanted)
            drafting.run(wanted.pk)  # the next one is done before this one
        return WRITTEN

    writes(monkeypatch, slow_then_quick)
    drafting.run(wanted.pk)
    wanted.refresh_from_db()
    assert (len(begun), cluster.plans.count(), wanted.state) == (2, 1, State.DONE)


def test_who_lost_the_right_to_write_meanwhile_gets_no_plan(bob: User, cluster: Cluster) -> None:
    wanted = asked(bob, cluster)
    bob.memberships.all().delete()
    drafting.run(wanted.pk)
    wanted.refresh_from_db()
    assert (wanted.state, cluster.plans.count()) == (State.FAILED, 0)


def test_a_viewer_asks_for_none_and_nonsense_is_refused(
    alice: User, carol: User, cluster: Cluster
) -> None:
    with pytest.raises(Forbidden):
        asked(carol, cluster)
    with pytest.raises(Invalid):
        asked(alice, cluster, way="magic")
    with pytest.raises(Invalid):
        asked(alice, cluster, hint="x" * 2_001)
    with pytest.raises(Conflict) as refusal:
        asked(alice, cluster, way="model")
    assert refusal.value.code == "no_model"


def test_workers_take_it_by_its_number_whatever_newer_versions_send_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[object] = []
    monkeypatch.setattr(drafting, "run", done.append)
    monkeypatch.setattr(drafting, "sweep", lambda: done.append("swept"))
    tasks.draft_plan(7, colour="red")
    tasks.ask_for_plan(8, colour="red")
    tasks.sweep_draftings(colour="red")
    assert done == [7, 8, "swept"]
