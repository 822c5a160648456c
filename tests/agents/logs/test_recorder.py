"""What is written is stored once, in order, scrubbed, and only under the fence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, transaction

from agents.logs import recorder as recorder_module
from agents.logs.channels import Written
from agents.logs.pieces import CHUNK
from agents.logs.reading import moment
from agents.logs.recorder import Recorder
from agents.logs.storing import LogStore
from agents.models import Execution, Job, LogChunk
from agents.pipelines.base import LeaseLost
from tests.agents.logs.conftest import MakeRecorder
from tests.services import Valkey

pytestmark = pytest.mark.django_db(transaction=True)


def stored(execution: Execution) -> list[tuple[int, str, str]]:
    return list(
        LogChunk.objects.filter(execution=execution)
        .order_by("seq")
        .values_list("seq", "stream", "text")
    )


def text_of(execution: Execution) -> str:
    return "".join(text for _, _, text in stored(execution))


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Look again and again; the recorder's thread tells nobody when it has stored something."""
    tick = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        tick.wait(0.02)
    raise AssertionError("it did not happen in time")


def test_output_is_stored_in_order_with_consecutive_numbers(
    record: MakeRecorder, execution: Execution
) -> None:
    recorder = record()
    recorder.write("platform", "Preparing.\n")
    recorder.write("output", b"one\n")
    recorder.write("output", b"two\n")
    recorder.flush()
    recorder.write("agent", "three\n")
    recorder.close()

    assert stored(execution) == [
        (1, "platform", "Preparing.\n"),
        (2, "output", "one\ntwo\n"),
        (3, "agent", "three\n"),
    ]
    execution.refresh_from_db()
    assert (execution.log_seq, execution.log_bytes) == (3, len("Preparing.\none\ntwo\nthree\n"))
    assert recorder.position() == 3


def test_output_is_stored_without_a_flush(record: MakeRecorder, execution: Execution) -> None:
    record().write("output", b"line\n")

    wait_until(lambda: stored(execution) == [(1, "output", "line\n")])


def test_an_idle_thread_goes_and_the_next_write_starts_another(
    record: MakeRecorder, execution: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_IDLE", 0.05)
    recorder = record()
    recorder.write("output", b"one\n")
    wait_until(lambda: recorder._thread is None)
    recorder.write("output", b"two\n")

    wait_until(lambda: text_of(execution) == "one\ntwo\n")


def test_a_secret_split_over_two_writes_is_masked(
    record: MakeRecorder, execution: Execution
) -> None:
    recorder = record("s3cr3t-value")
    recorder.write("output", b"key=s3cr3t")
    recorder.flush()
    recorder.write("platform", "in between\n")
    recorder.write("output", b"-value\n")
    recorder.close()

    assert "s3cr3t" not in text_of(execution)
    assert text_of(execution) == "key=in between\n[secret]\n"


def test_a_huge_line_becomes_chunks_of_a_bounded_size(
    record: MakeRecorder, execution: Execution
) -> None:
    recorder = record(limit=8 * CHUNK)
    recorder.write("output", b"x" * (3 * CHUNK + 5))
    recorder.close()

    assert {len(text) for _, _, text in stored(execution)} <= set(range(1, CHUNK + 1))
    assert text_of(execution) == "x" * (3 * CHUNK + 5)


def test_chunks_end_at_line_ends_where_possible(record: MakeRecorder, execution: Execution) -> None:
    recorder = record()
    recorder.write("output", b"0123456789\n" * 10_000)
    recorder.close()

    assert len(stored(execution)) > 1
    assert all(text.endswith("\n") for _, _, text in stored(execution))


def test_above_the_limit_one_line_says_so_and_the_platform_goes_on(
    record: MakeRecorder, execution: Execution
) -> None:
    recorder = record(limit=1024)
    for _ in range(30):
        recorder.write("output", b"0123456789" * 10 + b"\n")
        recorder.flush()
    recorder.write("platform", "The tests passed.\n")
    recorder.close()

    text = text_of(execution)
    execution.refresh_from_db()
    assert execution.log_truncated
    assert text.count("The log reached its limit") == 1
    assert text.endswith("The tests passed.\n")
    assert len(text) < 1024 + 200


def test_the_next_worker_goes_on_where_the_last_one_stopped(
    record: MakeRecorder, execution: Execution, job: Job
) -> None:
    first = record()
    first.write("output", b"one\n")
    first.flush()
    Job.objects.filter(pk=job.pk).update(fence=4)
    second = record(fence=4)
    assert second.position() == 1
    second.write("output", b"two\n")
    second.close()

    assert stored(execution) == [(1, "output", "one\n"), (2, "output", "two\n")]


@pytest.mark.parametrize(
    "change",
    [
        {"fence": 4},
        {"status": Job.Status.PENDING},
    ],
)
def test_a_worker_that_lost_its_lease_writes_nothing_more(
    record: MakeRecorder, execution: Execution, job: Job, change: dict[str, Any]
) -> None:
    recorder = record()
    recorder.write("output", b"mine\n")
    recorder.flush()
    Job.objects.filter(pk=job.pk).update(**change)

    recorder.write("output", b"not mine any more\n")
    with pytest.raises(LeaseLost):
        recorder.flush()
    with pytest.raises(LeaseLost):
        recorder.write("output", b"nor this\n")
    assert text_of(execution) == "mine\n"


def test_the_background_thread_hands_a_lost_lease_to_the_next_writer(
    record: MakeRecorder, job: Job
) -> None:
    recorder = record(fence=2)
    recorder.write("output", b"late\n")

    def refused() -> bool:
        try:
            recorder.write("output", b"later\n")
        except LeaseLost:
            return True
        return False

    wait_until(refused)


def test_a_commit_whose_answer_was_lost_is_not_repeated(
    record: MakeRecorder, execution: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = record()

    @contextmanager
    def answer_lost() -> Iterator[None]:
        monkeypatch.undo()
        with transaction.atomic():
            yield
        raise OperationalError("connection lost at commit")

    monkeypatch.setattr("agents.logs.storing.transaction.atomic", answer_lost)
    recorder.write("output", b"once\n")
    recorder.close()

    assert stored(execution) == [(1, "output", "once\n")]


def test_text_waits_while_the_database_is_away(
    record: MakeRecorder, execution: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = record()

    def refused() -> None:
        monkeypatch.undo()
        raise OperationalError("connection refused")

    monkeypatch.setattr("agents.logs.storing.transaction.atomic", refused)
    recorder.write("output", b"once\n")
    recorder.close()

    assert stored(execution) == [(1, "output", "once\n")]


def test_a_database_that_stays_away_ends_the_recording(
    record: MakeRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_RETRIES", (0.01,))

    def gone(self: LogStore, pieces: Any) -> Any:
        raise OperationalError("connection refused")

    recorder = record()
    monkeypatch.setattr(LogStore, "append", gone)
    recorder.write("output", b"x\n")
    with pytest.raises(OperationalError):
        recorder.flush()


def test_a_thread_that_breaks_tells_the_next_writer(
    record: MakeRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else nobody would make room any more, and writers would wait for ever.
    recorder = record()

    def breaks(*_: object) -> None:
        raise RuntimeError("a defect of ours")

    monkeypatch.setattr(recorder._channels, "pieces", breaks)
    recorder.write("output", b"one\n")
    thread = recorder._thread
    assert thread is not None
    thread.join(10)
    with pytest.raises(RuntimeError, match="a defect of ours"):
        recorder.write("output", b"two\n")


def test_a_writer_waits_instead_of_filling_the_memory(
    record: MakeRecorder, monkeypatch: pytest.MonkeyPatch, execution: Execution
) -> None:
    monkeypatch.setattr(recorder_module, "_BACKLOG", 2 * CHUNK)
    most = 0
    add = Recorder._add

    def watched(self: Recorder, part: Written) -> None:
        nonlocal most
        add(self, part)
        most = max(most, self._size)

    monkeypatch.setattr(Recorder, "_add", watched)
    recorder = record(limit=64 * CHUNK)
    recorder.write("output", b"0123456\n" * (CHUNK * 2))
    recorder.close()

    assert most <= 3 * CHUNK
    assert len(text_of(execution)) == 16 * CHUNK


def test_many_threads_may_write(record: MakeRecorder, execution: Execution) -> None:
    recorder = record()

    def talk(name: int) -> None:
        for number in range(50):
            recorder.write("output", f"{name}:{number}\n")

    threads = [threading.Thread(target=talk, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()

    lines = text_of(execution).split()
    for name in range(4):
        mine = [line for line in lines if line.startswith(f"{name}:")]
        assert mine == [f"{name}:{number}" for number in range(50)]


def test_stored_chunks_are_announced_under_their_number(
    record: MakeRecorder, execution: Execution, valkey: Valkey
) -> None:
    recorder = record()
    recorder.write("output", b"one\n")
    recorder.flush()
    recorder.write("agent", "two\n")
    recorder.close()

    with valkey.client() as client:
        entries: Any = client.xrange(f"log:{execution.pk}")
        assert client.ttl(f"log:{execution.pk}") > 0
    stored = [moment(chunk.created_at) for chunk in LogChunk.objects.order_by("seq")]
    assert entries == [
        ("1-0", {"stream": "output", "text": "one\n", "at": stored[0]}),
        ("2-0", {"stream": "agent", "text": "two\n", "at": stored[1]}),
    ]


def test_what_an_older_execution_of_the_same_number_announced_is_forgotten(
    record: MakeRecorder, execution: Execution, valkey: Valkey
) -> None:
    with valkey.client() as client:
        client.xadd(f"log:{execution.pk}", {"stream": "output", "text": "foreign"}, id="1-0")
        recorder = record()

        assert not client.exists(f"log:{execution.pk}")
    recorder.close()


def test_a_redis_that_goes_away_never_fails_the_job(
    record: MakeRecorder, execution: Execution, valkey: Valkey
) -> None:
    recorder = record()
    recorder.write("output", b"one\n")
    recorder.flush()
    valkey.stop()
    recorder.write("output", b"two\n")
    recorder.close()

    assert text_of(execution) == "one\ntwo\n"
