"""Reports become rows: once each, in their latest state, whatever the order and however often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusters.models import FeedbackComment, FeedbackItem, Project, Source, SourceDay
from clusters.services import feedback
from clusters.services.feedback import IngestResult
from clusters.sources.base import Filtered, IncomingComment, IncomingReport, Read, Refused
from credentials.errors import Conflict, NotFound
from credentials.models import User
from tests import factories
from tests.clusters.services.together import together

T0 = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def source(project: Project) -> Source:
    return factories.make_source(project, kind="webhook", name="Desk")


def at(minutes: int) -> datetime:
    return T0 + timedelta(minutes=minutes)


def report(key: str = "1", minutes: int | None = None, **fields: Any) -> IncomingReport:
    fields.setdefault("title", f"State {minutes}")
    fields.setdefault("body", f"As of {minutes}.")
    revised_at = None if minutes is None else at(minutes)
    return IncomingReport(external_id=key, revised_at=revised_at, **fields)


def comment(key: str, minutes: int | None = None, **fields: Any) -> IncomingComment:
    fields.setdefault("body", f"Comment as of {minutes}")
    return IncomingComment(key, revised_at=None if minutes is None else at(minutes), **fields)


def snapshot(source: Source) -> list[dict[str, Any]]:
    """What is stored, but for what says when it came."""
    fields = ("external_id", "title", "body", "revised_at", "archived_at", "metadata", "trace")
    found = []
    for item in source.items.order_by("external_id"):
        comments = item.comments.order_by("external_id").values("external_id", "body", "revised_at")
        found.append({**{name: getattr(item, name) for name in fields}, "comments": [*comments]})
    return found


def counts(source: Source) -> dict[str, int]:
    names = ("created", "updated", "duplicates", "refused", "filtered")
    days = SourceDay.objects.filter(source=source)
    return {name: sum(getattr(day, name) for day in days) for name in names}


# --- states ----------------------------------------------------------------------------------


def test_new_ones_are_stored_and_known_ones_counted(source: Source) -> None:
    batch: list[Read] = [
        report("1"),
        report("2"),
        Refused(3, "Empty."),
        Filtered("No."),
        report("1"),
    ]
    first = feedback.take_in(source, batch)
    assert [item.external_id for item in first.created] == ["1", "2"]
    assert all(item.pk for item in first.created)
    second = feedback.take_in(source, batch)
    assert (second.created, second.duplicates, second.updated) == ([], 3, 0)
    assert (len(second.refused), second.filtered) == (1, 1)
    expected = {"created": 2, "updated": 0, "duplicates": 4, "refused": 2, "filtered": 2}
    assert counts(source) == expected
    source.refresh_from_db()
    assert source.last_event_at is not None


def test_a_later_state_replaces_all_that_it_says(source: Source) -> None:
    feedback.take_in(source, [report("1", 1, author="Ann", metadata={"plan": "gold"})])
    trace = [{"type": "KeyError", "value": "x", "frames": []}]
    later = report("1", 2, metadata={"plan": "silver"}, trace=trace, url="https://example.com/1")
    assert feedback.take_in(source, [later]).updated == 1
    item = source.items.get()
    assert (item.title, item.metadata, item.trace) == ("State 2", {"plan": "silver"}, trace)
    assert (item.author, item.url) == ("Ann", "https://example.com/1")


@pytest.mark.parametrize("minutes", [None, 1, 2])
def test_what_is_not_later_changes_nothing(source: Source, minutes: int | None) -> None:
    feedback.take_in(source, [report("1", 2, title="Kept")])
    result = feedback.take_in(source, [report("1", minutes, title="Older", archived=True)])
    assert (result.updated, result.duplicates) == (0, 1)
    item = source.items.get()
    assert (item.title, item.archived_at) == ("Kept", None)


def test_closed_and_open_again(source: Source) -> None:
    feedback.take_in(source, [report("1", 1)])
    feedback.take_in(source, [report("1", 2, archived=True)])
    assert source.items.get().archived_at == at(2)
    feedback.take_in(source, [report("1", 3)])
    assert source.items.get().archived_at is None


def test_what_only_tells_about_a_report_makes_none(source: Source) -> None:
    closed = report("1", 2, title="", body="", archived=True)
    assert feedback.take_in(source, [closed]).filtered == 1
    assert not source.items.exists()
    feedback.take_in(source, [report("2", 1)])
    feedback.take_in(source, [replace(closed, external_id="2")])
    item = source.items.get()
    assert (item.title, item.archived_at) == ("State 1", at(2))


def test_what_was_taken_back_before_it_came_is_not_stored(source: Source) -> None:
    feedback.take_in(source, [report("1", 2, title="", body="", archived=True)])
    assert feedback.take_in(source, [report("1", 1), report("2", 1)]).filtered == 1
    assert source.items.get().external_id == "2"
    feedback.take_in(source, [report("1", 3)])
    assert source.items.filter(external_id="1").get().archived_at is None


def test_no_more_is_remembered_than_is_of_use(source: Source) -> None:
    gone = [report(str(n), n, title="", body="", archived=True) for n in range(250)]
    feedback.take_in(source, gone)
    source.refresh_from_db()
    assert len(source.cursor["gone"]) == 200
    feedback.take_in(source, [report("249", 1), report("1", 0)])
    assert source.items.get().external_id == "1"


def test_a_report_stays_where_it_is(source: Source, project: Project) -> None:
    feedback.take_in(source, [report("1", 1)])
    cluster = factories.make_cluster(project)
    reason = {"rule": "person", "by": "alice"}
    source.items.update(cluster=cluster, pinned=True, reason=reason)
    feedback.take_in(source, [report("1", 2)])
    item = source.items.get()
    assert (item.cluster, item.pinned, item.reason) == (cluster, True, reason)


def test_its_cluster_is_counted_again(source: Source, project: Project) -> None:
    feedback.take_in(source, [report("1", 1)])
    cluster = factories.make_cluster(project)
    source.items.update(cluster=cluster)
    feedback.take_in(source, [report("1", 2, title="Export hangs", body="For ever.", author="Ben")])
    cluster.refresh_from_db()
    assert (cluster.item_count, cluster.reporter_count) == (1, 1)
    assert cluster.title == "Export hangs"


def test_a_source_that_is_gone_takes_nothing(source: Source) -> None:
    Source.objects.filter(pk=source.pk).delete()
    with pytest.raises(NotFound):
        feedback.take_in(source, [report()])


def test_people_send_nothing_to_a_paused_source(alice: User, project: Project) -> None:
    paused = factories.make_source(project, enabled=False)
    with pytest.raises(Conflict, match="paused"):
        feedback.ingest(alice, project, paused, [report()])


def test_what_a_database_cannot_keep_is_taken_out(source: Source) -> None:
    bad = "a\0b\ud800c"
    one = report(
        metadata={"x": bad},
        screening={"flags": [{"excerpt": bad}]},
        trace=[{"type": bad, "value": float("nan"), "frames": ()}],
        comments=[comment("c", screening={"flags": [bad]})],
    )
    feedback.take_in(source, [one])
    item = source.items.get()
    assert item.metadata == {"x": "abc", "screening": {"flags": [{"excerpt": "abc"}]}}
    assert item.trace == [{"type": "abc", "value": None, "frames": []}]


def test_personal_data_is_masked_where_that_is_wanted(source: Source) -> None:
    said = report(
        "1", 1, body="ann@example.com cannot pay", comments=[comment("c", 1, body="+49 30 1234567")]
    )
    feedback.take_in(source, [said])
    assert "ann@" in source.items.get().body
    # By somebody else than who reads: what is stored counts.
    Source.objects.filter(pk=source.pk).update(masks_personal_data=True)
    feedback.take_in(
        source, [replace(said, revised_at=at(2), comments=[comment("c", 2, body="+49 30 1234567")])]
    )
    item = source.items.get()
    assert item.body == "[email 1] cannot pay"
    assert item.comments.get().body == "[phone 1]"
    assert item.metadata["masked"] == "1 e-mail address, 1 telephone number"


def test_the_start_of_what_was_refused_is_masked_too(source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(masks_personal_data=True)
    (refused,) = feedback.take_in(source, [Refused(1, "Empty.", "by ann@example.com")]).refused
    assert refused.excerpt == "by [email 1]"


# --- comments --------------------------------------------------------------------------------


def test_comments_are_kept_once_and_follow_their_edits(source: Source) -> None:
    feedback.take_in(source, [report("1", 1, comments=[comment("a", 1), comment("b", 1)])])
    result = feedback.take_in(source, [report("1", 1, comments=[comment("a", 3), comment("c", 1)])])
    assert (result.updated, result.duplicates) == (1, 0)
    feedback.take_in(source, [report("1", 1, comments=[comment("a", 2)])])
    found = FeedbackComment.objects.order_by("external_id").values_list("external_id", "body")
    assert list(found) == [
        ("a", "Comment as of 3"),
        ("b", "Comment as of 1"),
        ("c", "Comment as of 1"),
    ]


@pytest.mark.parametrize("comments", [None, []])
def test_comments_that_are_not_told_stay(
    source: Source, comments: Sequence[IncomingComment] | None
) -> None:
    feedback.take_in(source, [report("1", 1, comments=[comment("a", 1)])])
    feedback.take_in(source, [report("1", 2, comments=comments)])
    assert FeedbackComment.objects.count() == 1


def test_the_same_comment_again_is_nothing_new(source: Source) -> None:
    one = report("1", 1, comments=[comment("a"), comment("b", 1)])
    feedback.take_in(source, [one])
    assert feedback.take_in(source, [one]).duplicates == 1


# --- one thing in many reports ---------------------------------------------------------------


def test_what_settles_a_thing_settles_every_report_of_it(project: Project) -> None:
    source = factories.make_source(project, kind="sentry", name="Sentry")
    events = [report(f"e{n}", occurred_at=at(n), fingerprint="sentry:7") for n in (1, 2, 9)]
    other = report("other", occurred_at=at(1), fingerprint="sentry:8")
    feedback.take_in(source, [*events, other])
    settled = report("issue:7", 5, title="", body="", archived=True, fingerprint="sentry:7")
    feedback.take_in(source, [settled])
    archived = source.items.filter(archived_at__isnull=False)
    assert set(archived.values_list("external_id", flat=True)) == {"e1", "e2"}
    feedback.take_in(source, [replace(settled, revised_at=at(4), archived=False)])
    assert archived.count() == 2
    feedback.take_in(source, [replace(settled, revised_at=at(6), archived=False)])
    assert not archived.exists()


def test_what_happened_before_it_was_settled_comes_late(project: Project) -> None:
    source = factories.make_source(project, kind="sentry", name="Sentry")
    feedback.take_in(source, [report("issue:7", 5, archived=True, fingerprint="sentry:7")])
    late = [report(f"e{n}", occurred_at=at(n), fingerprint="sentry:7") for n in (4, 6)]
    feedback.take_in(source, late)
    archived = source.items.filter(archived_at__isnull=False)
    assert set(archived.values_list("external_id", flat=True)) == {"issue:7", "e4"}


def test_equal_content_closes_nothing_else(source: Source) -> None:
    feedback.take_in(source, [report("1", occurred_at=at(0), fingerprint="trace:1")])
    feedback.take_in(source, [report("2", 5, archived=True, fingerprint="trace:1")])
    assert source.items.filter(archived_at__isnull=True).get().external_id == "1"


# --- any order -------------------------------------------------------------------------------

STATES = [
    report("1", 1, comments=[comment("a", 1)]),
    report("1", 2, archived=True),
    report("1", 3, comments=[comment("a", 2), comment("b", 1)]),
    report("2", 1),
]


def test_every_order_ends_the_same(project: Project) -> None:
    found = []
    for number, order in enumerate(permutations(STATES)):
        source = factories.make_source(project, name=f"S{number}")
        for one in order:
            feedback.take_in(source, [one])
        found.append(snapshot(source))
    assert found == [found[0]] * len(found)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deliveries=st.lists(st.integers(0, len(STATES) - 1), max_size=12),
    cuts=st.lists(st.integers(1, 5), max_size=5),
)
def test_batches_and_repetitions_make_no_difference(
    project: Project, deliveries: list[int], cuts: list[int]
) -> None:
    SourceDay.objects.all().delete()
    FeedbackItem.objects.all().delete()
    source = Source.objects.get_or_create(project=project, kind="api", name="Any")[0]
    told = [STATES[number] for number in [*deliveries, *range(len(STATES))]]
    rest = list(told)
    for size in [*cuts, len(told)]:
        feedback.take_in(source, rest[:size])
        del rest[:size]
    assert [row["title"] for row in snapshot(source)] == ["State 3", "State 1"]
    assert [one["body"] for one in snapshot(source)[0]["comments"]] == [
        "Comment as of 2",
        "Comment as of 1",
    ]
    assert sum(counts(source).values()) == len(told)
    assert counts(source)["created"] == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_the_same_reports_make_one_item_of_each(source: Source) -> None:
    reports = [report(str(number), 1, comments=[comment("a", 1)]) for number in range(60)]

    def work(mine: list[IncomingReport]) -> list[IngestResult]:
        return [feedback.take_in(source, mine[n : n + 20]) for n in range(0, 60, 20)]

    found = together([partial(work, reports), partial(work, reports[::-1])])
    results = [result for of_one in found for result in of_one]
    assert sum(len(result.created) for result in results) == source.items.count() == 60
    assert FeedbackComment.objects.count() == 60
    assert (counts(source)["created"], counts(source)["duplicates"]) == (60, 60)
