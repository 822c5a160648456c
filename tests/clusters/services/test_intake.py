"""What is sent is kept, read in order, once, and never lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings
from redis.exceptions import ConnectionError as Away

from clusters import queue, tasks
from clusters.models import Intake, Project, Source, SourceDay
from clusters.services import feedback, intake
from clusters.services.intake import Message, keeping
from clusters.services.intake import limits as intake_limits
from clusters.services.intake import reading as intake_reading
from clusters.services.sources import days as source_days
from clusters.services.sources import removal as source_removal
from clusters.sources.base import Read
from clusters.sources.slack import SlackSource
from clusters.sources.webhook import WebhookSource
from credentials.errors import Forbidden, NotFound
from tests import factories
from tests.clusters.services.together import together

State = Intake.State


@pytest.fixture
def source(project: Project) -> Source:
    return factories.make_source(project, kind="webhook", name="Desk", public_key="k" * 32)


def message(number: int | str, text: str | bytes | None = None) -> Message:
    body = (
        text if text is not None else json.dumps({"id": str(number), "title": f"Report {number}"})
    )
    return Message(f"d{number}", {}, body if isinstance(body, bytes) else body.encode())


def rows(source: Source) -> list[Intake]:
    return list(Intake.objects.filter(source=source).order_by("pk"))


def titles(source: Source) -> list[str]:
    return list(source.items.order_by("pk").values_list("title", flat=True))


# --- finding a source ------------------------------------------------------------------------


def test_a_source_is_found_by_its_key_and_kind(source: Source) -> None:
    assert intake.source_by_key("webhook", "k" * 32) == source
    for kind, key in (("slack", "k" * 32), ("webhook", "x"), ("webhook", ""), ("webhook", "k\0")):
        with pytest.raises(NotFound):
            intake.source_by_key(kind, key)


def test_a_paused_source_says_so(source: Source) -> None:
    Source.objects.update(enabled=False)
    with pytest.raises(Forbidden) as caught:
        intake.source_by_key("webhook", "k" * 32)
    assert caught.value.code == "source_paused"


def test_a_source_is_asked_for_once_in_a_while(
    source: Source, settings: Settings, django_assert_num_queries: Callable[..., Any]
) -> None:
    settings.SOURCE_KNOWN_SECONDS = 60.0
    keeping._sources.clear()
    try:
        with django_assert_num_queries(1):
            intake.source_by_key("webhook", "k" * 32)
            intake.source_by_key("webhook", "k" * 32)
    finally:
        keeping._sources.clear()


# --- keeping ---------------------------------------------------------------------------------


def test_a_delivery_is_kept_once(source: Source) -> None:
    first = intake.keep(source, [message(1), message(2), message(1)])
    assert len(first) == 2
    assert intake.keep(source, [message(2), message(3)]) != []
    assert [row.delivery_id for row in rows(source)] == ["d1", "d2", "d3"]


def test_messages_without_an_id_are_all_kept(source: Source) -> None:
    assert len(intake.keep(source, [Message("", {}, b"{}"), Message("", {}, b"{}")])) == 2


def test_the_same_delivery_counts_for_each_source_by_itself(
    source: Source, project: Project
) -> None:
    other = factories.make_source(project, kind="webhook", name="Other")
    assert intake.keep(source, [message(1)])
    assert intake.keep(other, [message(1)])


@pytest.mark.django_db(transaction=True)
def test_a_source_that_is_removed_at_this_moment_is_not_there(source: Source) -> None:
    gone = Source.objects.get(pk=source.pk)
    source.delete()
    with pytest.raises(NotFound):
        intake.keep(gone, [message(1)])


@pytest.mark.django_db(transaction=True)
def test_the_same_deliveries_at_the_same_time_are_kept_once(source: Source) -> None:
    messages = [message(number) for number in range(10)]

    def send() -> int:
        return sum(len(intake.keep(source, [one])) for one in messages)

    assert sum(together([send] * 3)) == Intake.objects.count() == 10


def test_somebody_is_sent_for_once_until_they_come(
    source: Source,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(queue, "send", lambda task, row: sent.append((task, row)))

    def keep(number: int) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            intake.keep(source, [message(number)])

    keep(1)
    keep(2)
    assert sent == [("clusters.read_intake", source.pk)]
    intake.read_waiting(source.pk)
    keep(3)
    assert sent == [("clusters.read_intake", source.pk)] * 2


# --- reading ---------------------------------------------------------------------------------


def test_messages_are_read_in_order_and_emptied(source: Source) -> None:
    intake.keep(source, [message(number) for number in range(5)])
    assert intake.read_waiting(source.pk) == 5
    assert titles(source) == [f"Report {number}" for number in range(5)]
    for row in rows(source):
        assert (row.state, bytes(row.body), row.attempts) == (State.DONE, b"", 1)
        assert row.result == "1 report."
        assert row.read_at is not None
    assert intake.read_waiting(source.pk) == 0


def test_what_became_of_each_is_said(source: Source) -> None:
    many = json.dumps([{"title": "a"}, {"title": "b"}, {"title": ""}])
    intake.keep(source, [message(1, many), message(2, b"{"), message(3, "[]")])
    assert intake.read_waiting(source.pk) == 3
    first, second, third = rows(source)
    assert first.result.startswith("2 reports. 1 could not be used: The report has no title")
    assert second.state == State.REFUSED
    assert second.result.startswith("What was sent is not JSON")
    assert third.result == "There was no report in it."
    source.refresh_from_db()
    assert source.last_error == second.result
    day = SourceDay.objects.get(source=source)
    assert (day.created, day.refused) == (2, 2)


class Poison(WebhookSource):
    """Chokes on some messages."""

    def read(
        self, headers: Mapping[str, str], body: bytes, config: Mapping[str, Any]
    ) -> Iterator[Read]:
        if b"poison" in body:
            raise MemoryError("a defect")
        return super().read(headers, body, config)


def test_a_message_that_cannot_be_read_holds_nobody_up_and_is_given_up(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_reading, "pushes", lambda: {"webhook": Poison()})
    intake.keep(source, [message(1), message(2, '{"title": "poison"}'), message(3)])
    assert intake.read_waiting(source.pk) == 2
    assert titles(source) == ["Report 1", "Report 3"]
    for attempts in (2, 3):
        waiting = rows(source)[1]
        assert (waiting.state, waiting.result) == (
            State.WAITING,
            "Reading it failed; it is tried again.",
        )
        intake.read_waiting(source.pk)
        assert rows(source)[1].attempts == attempts
    given_up = rows(source)[1]
    assert (given_up.state, bytes(given_up.body)) == (State.REFUSED, b"")
    assert given_up.result.startswith("Reading it failed three times")
    assert Source.objects.get(pk=source.pk).last_error == given_up.result


def test_a_message_that_cannot_be_stored_does_not_take_others_along(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = feedback.take_in

    def take_in(source: Source, reports: Any) -> Any:
        reports = list(reports)
        if any(one.title == "Report 2" for one in reports):
            raise ValueError("a defect")
        return real(source, reports)

    monkeypatch.setattr(feedback, "take_in", take_in)
    intake.keep(source, [message(number) for number in (1, 2, 3)])
    assert intake.read_waiting(source.pk) == 2
    assert [row.state for row in rows(source)] == [State.DONE, State.WAITING, State.DONE]


class Killed(BaseException):
    """The worker's process ends here."""


def test_a_killed_worker_loses_nothing(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    intake.keep(source, [message(number) for number in range(4)])
    with monkeypatch.context() as patch:
        patch.setattr(intake_reading, "_result", _killing_at_the(3))
        with pytest.raises(Killed):
            intake.read_waiting(source.pk)
    assert titles(source) == []
    cache.clear()  # what the dead one held is let go in a minute
    assert intake.read_waiting(source.pk) == 4
    assert titles(source) == [f"Report {number}" for number in range(4)]


def _killing_at_the(number: int) -> Callable[[Any], tuple[str, str]]:
    calls: list[int] = []

    def result(reads: Any) -> tuple[str, str]:
        calls.append(1)
        if len(calls) == number:
            raise Killed
        return State.DONE, "Read."

    return result


def test_a_message_that_kills_its_worker_is_found_out(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deadly(WebhookSource):
        def read(self, headers: Any, body: bytes, config: Any) -> Iterator[Read]:
            if b"deadly" in body:
                raise Killed
            return super().read(headers, body, config)

    monkeypatch.setattr(intake_reading, "pushes", lambda: {"webhook": Deadly()})
    intake.keep(source, [message(1), message(2, '{"title": "deadly"}'), message(3)])
    deaths = 0
    for _ in range(10):
        cache.clear()
        try:
            intake.read_waiting(source.pk)
        except Killed:
            deaths += 1
    assert deaths == 3
    assert titles(source) == ["Report 1", "Report 3"]
    assert [row.state for row in rows(source)] == [State.DONE, State.REFUSED, State.DONE]


def test_a_database_that_is_away_counts_as_no_attempt(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.keep(source, [message(1)])

    def away(*args: object) -> None:
        raise OperationalError("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(feedback, "take_in", away)
        for _ in range(5):
            with pytest.raises(OperationalError):
                intake.read_waiting(source.pk)
    assert rows(source)[0].attempts == 0
    assert intake.read_waiting(source.pk) == 1


def test_large_messages_are_read_in_smaller_batches(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_reading, "BATCH_BYTES", 100)
    sizes: list[int] = []
    real = intake_reading._settle

    def settle(source: Source, messages: Any) -> int:
        sizes.append(len(messages))
        return real(source, messages)

    monkeypatch.setattr(intake_reading, "_settle", settle)
    intake.keep(source, [message(n, json.dumps({"title": f"{n}" * 80})) for n in range(3)])
    assert intake.read_waiting(source.pk) == 3
    assert sizes == [1, 1, 1]


def test_two_workers_do_not_read_the_same(source: Source) -> None:
    intake.keep(source, [message(1)])
    with intake_reading._held(source.pk) as mine:
        assert mine
        assert intake.read_waiting(source.pk) == 0
    assert intake.read_waiting(source.pk) == 1


def test_reading_goes_on_while_redis_is_away(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **options: object) -> None:
        raise Away

    intake.keep(source, [message(1)])
    for name in ("add", "get", "delete", "touch", "get_many"):
        monkeypatch.setattr(cache, name, away)
    assert intake.read_waiting(source.pk) == 1


@pytest.mark.django_db(transaction=True)
def test_what_two_workers_read_all_the_same_is_counted_once(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a lock that was lost."""
    intake.keep(source, [message(number) for number in range(30)])
    monkeypatch.setattr(cache, "add", lambda *args, **options: True)
    settled = together([lambda: intake.read_waiting(source.pk)] * 2)
    assert sum(settled) == 30
    day = SourceDay.objects.get(source=source)
    assert (day.created, day.duplicates) == (source.items.count(), 0) == (30, 0)


def test_a_kind_that_is_not_installed_any_more_waits(source: Source) -> None:
    Source.objects.update(kind="chat")
    intake.keep(source, [message(1)])
    assert intake.read_waiting(source.pk) == 0
    assert rows(source)[0].state == State.WAITING


# --- sweeping and tidying --------------------------------------------------------------------


def test_messages_whose_task_was_lost_are_found(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks, "send", lambda task, row, expires: sent.append(row))
    intake.keep(source, [message(1), message(2)])
    tasks.sweep_intake()
    assert sent == []
    Intake.objects.update(received_at=timezone.now() - timedelta(minutes=1))
    tasks.sweep_intake()
    assert sent == [source.pk]
    tasks.read_intake(source.pk)
    tasks.sweep_intake()
    assert sent == [source.pk]


def test_what_was_read_long_ago_is_removed_and_nothing_else(source: Source) -> None:
    intake.keep(source, [message(number) for number in range(4)])
    first, second, third, _ = (row.pk for row in rows(source))
    Intake.objects.filter(pk__in=[first, second]).update(state=State.DONE)
    long_ago = timezone.now() - timedelta(days=15)
    Intake.objects.filter(pk__in=[first, third]).update(received_at=long_ago)
    tasks.tidy_intake()
    assert first not in {row.pk for row in rows(source)}
    assert len(rows(source)) == 3


# --- limits ----------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    now = {"now": 1_000_020.0}  # a window begins
    monkeypatch.setattr("clusters.services.intake.limits.time.time", lambda: now["now"])
    return now


def test_a_minute_has_room_for_so_many(
    source: Source, settings: Settings, clock: dict[str, float]
) -> None:
    settings.SOURCE_PER_MINUTE = 10
    assert intake.allow(source, 6) is None
    assert intake.allow(source, 4) is None
    seconds = intake.allow(source, 1)
    assert seconds is not None
    assert 60 < seconds <= 66
    clock["now"] += seconds
    assert intake.allow(source, 1) is None
    assert SourceDay.objects.get(source=source).limited == 1


def test_who_waits_as_long_as_told_is_let_in(
    source: Source, settings: Settings, clock: dict[str, float]
) -> None:
    settings.SOURCE_PER_MINUTE = 100
    taken = 0
    for step in range(400):
        seconds = intake.allow(source, 7)
        if seconds is None:
            taken += 7
            clock["now"] += step % 3
        else:
            assert 1 <= seconds <= 120
            clock["now"] += seconds
            assert intake.allow(source, 7) is None
            taken += 7
    minutes = (clock["now"] - 1_000_020) / 60
    assert taken <= 100 * (minutes + 1)


def test_each_source_counts_by_itself(
    source: Source, project: Project, settings: Settings, clock: dict[str, float]
) -> None:
    settings.SOURCE_PER_MINUTE = 1
    assert intake.allow(source, 1) is None
    assert intake.allow(factories.make_source(project, name="Other"), 1) is None
    assert intake.allow(source, 1) is not None


def test_more_at_once_than_a_minute_has_room_for_is_let_in_once(
    source: Source, settings: Settings, clock: dict[str, float]
) -> None:
    settings.SOURCE_PER_MINUTE = 10
    assert intake.allow(source, 50) is None
    assert intake.allow(source, 1) is not None


def test_a_flood_is_counted_to_the_last_and_written_seldom(
    source: Source, settings: Settings, clock: dict[str, float]
) -> None:
    settings.SOURCE_PER_MINUTE = 1
    intake.allow(source, 1)
    assert all(intake.allow(source, 2) for _ in range(50))
    assert SourceDay.objects.get(source=source).limited < 100
    tasks.sweep_intake()
    assert SourceDay.objects.get(source=source).limited == 100
    tasks.sweep_intake()
    assert SourceDay.objects.get(source=source).limited == 100


def test_a_removed_source_is_not_counted(source: Source) -> None:
    gone = source.pk
    source.delete()
    source_days.count(gone, limited=1)
    assert not SourceDay.objects.exists()


def test_nobody_is_counted_while_redis_is_away(
    source: Source, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SOURCE_PER_MINUTE = 1
    asked: list[int] = []

    def away(*args: object, **options: object) -> None:
        asked.append(1)
        raise Away

    monkeypatch.setattr(intake_limits, "_away_until", 0.0)
    monkeypatch.setattr(cache, "get_many", away)
    assert [intake.allow(source, 1) for _ in range(5)] == [None] * 5
    assert len(asked) == 1


# --- Slack, from message to comment ----------------------------------------------------------


def slack(number: int, **event: Any) -> Message:
    event = {"type": "message", "channel": "C1", "user": "U1", **event}
    told = {"type": "event_callback", "event_id": f"Ev{number}", "event": event}
    return Message(f"Ev{number}", {}, json.dumps(told).encode())


PARENT = slack(1, ts="1772366000.000100", text="Total is wrong", user="U1")
REPLY = slack(2, ts="1772366001.000100", thread_ts="1772366000.000100", text="Here too", user="U2")
EDIT = slack(
    3,
    subtype="message_changed",
    message={
        "ts": "1772366000.000100",
        "user": "U1",
        "text": "Total is wrong by a cent",
        "edited": {"ts": "1772366002.000000"},
    },
)


@pytest.mark.parametrize("order", list(permutations([PARENT, REPLY, EDIT])))
def test_a_thread_is_one_report_in_whatever_order_it_comes(
    project: Project, order: tuple[Message, ...]
) -> None:
    source = factories.make_source(project, kind=SlackSource.kind, name="Slack")
    for one in order:
        intake.keep(source, [one])
        intake.read_waiting(source.pk)
    item = source.items.get()
    assert (item.title, item.author) == ("Total is wrong by a cent", "U1")
    assert item.comments.get().body == "Here too"


def test_a_reply_alone_is_a_report_until_its_thread_comes(project: Project) -> None:
    source = factories.make_source(project, kind=SlackSource.kind, name="Slack")
    intake.keep(source, [REPLY])
    intake.read_waiting(source.pk)
    assert source.items.get().title == "Here too"


def test_a_deleted_message_is_closed_or_never_stored(project: Project) -> None:
    gone = slack(4, subtype="message_deleted", deleted_ts="1772366000.000100", ts="1772366009.0")
    for name, order in (("A", (PARENT, gone)), ("B", (gone, PARENT))):
        source = factories.make_source(project, kind=SlackSource.kind, name=name)
        for one in order:
            intake.keep(source, [one])
            intake.read_waiting(source.pk)
        assert not source.items.filter(archived_at=None).exists()


# --- what people do meanwhile -----------------------------------------------------------------


def test_nothing_is_read_into_a_source_that_was_removed(source: Source) -> None:
    factories.make_item(source)
    source_removal.retire(Source.objects.get(pk=source.pk), deletes_reports=False)
    intake.keep(source, [message(1)])  # by a process that remembers it for a moment
    assert intake.read_waiting(source.pk) == 0
    assert source.items.count() == 1
    assert rows(source) == []


def test_settings_that_change_while_messages_are_read_count_from_the_next_batch(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_reading, "BATCH", 1)
    intake.keep(source, [message(number, b'{"a": "one", "b": "two"}') for number in (1, 2)])
    Source.objects.filter(pk=source.pk).update(config={"mapping": {"title": "a"}})
    real = feedback.take_in

    def take_in(*arguments: Any) -> Any:
        result = real(*arguments)
        Source.objects.filter(pk=source.pk).update(config={"mapping": {"title": "b"}})
        return result

    monkeypatch.setattr(feedback, "take_in", take_in)
    intake.read_waiting(source.pk)
    assert titles(source) == ["one", "two"]


def test_what_became_of_a_message_names_nobody_where_that_is_masked(source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(masks_personal_data=True)
    intake.keep(source, [message(1, json.dumps({"ann@example.com": 1}))])
    intake.read_waiting(source.pk)
    source.refresh_from_db()
    (row,) = rows(source)
    assert row.state == State.REFUSED
    assert "ann@" not in row.result + source.last_error
    assert "[email 1]" in row.result
