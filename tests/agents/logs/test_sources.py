"""A source is fed from its beginning by every worker, and stored once: in one transaction."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from agents.logs.recorder import Recorder
from agents.logs.scrubber import Scrubber
from agents.logs.storing import LogStore
from agents.models import Execution, Job
from tests.agents.logs.conftest import MakeRecorder
from tests.agents.logs.test_recorder import stored, text_of

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "s3cr3t-value"
OUTPUT = "".join(
    f"\x1b[32m{number}\x1b[0m ä {SECRET} {SECRET[: number % 9]}\n" for number in range(60)
).encode()
WHOLE = Scrubber([SECRET]).scrub(OUTPUT.decode())


def test_the_next_worker_stores_what_is_new(
    record: MakeRecorder, execution: Execution, job: Job
) -> None:
    first = record(SECRET)
    first.write("output", b"one\ntwo s3cr3t-", "tests")
    first.flush()
    first.write("output", b"never stored", "tests")
    Job.objects.filter(pk=job.pk).update(fence=4)

    second = record(SECRET, fence=4)
    second.write("output", b"one\ntwo s3cr3t-value\nthree\n", "tests")
    second.end("tests")
    second.close()

    assert text_of(execution) == "one\ntwo [secret]\nthree\n"
    execution.refresh_from_db()
    assert execution.log_sources == {"tests": len("one\ntwo [secret]\nthree\n")}


@pytest.mark.parametrize("seed", range(8))
def test_workers_that_die_at_random_leave_the_log_of_one(
    record: MakeRecorder,
    execution: Execution,
    job: Job,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """Each dies before a write, after it, in the middle of storing, or when it has stored."""
    chance = random.Random(seed)
    for fence in range(4, 8):
        Job.objects.filter(pk=job.pk).update(fence=fence)
        worker = record(SECRET, fence=fence)
        worker.write("platform", "It begins.\n", "said", last=True)
        if _survives(worker, chance, monkeypatch):
            break
    Job.objects.filter(pk=job.pk).update(fence=9)
    last = record(SECRET, fence=9)
    last.write("platform", "It begins.\n", "said", last=True)
    last.write("output", OUTPUT, "tests")
    last.end("tests")
    last.close()

    assert text_of(execution) == f"It begins.\n{WHOLE}"
    assert [seq for seq, _, _ in stored(execution)] == [*range(1, len(stored(execution)) + 1)]


def _survives(worker: Recorder, chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Feed the output in pieces until the worker dies; False when it did."""
    at = 0
    while at < len(OUTPUT):
        size = chance.randint(1, 400)
        worker.write("output", OUTPUT[at : at + size], "tests")
        at += size
        match chance.randrange(8):
            case 0:
                return False
            case 1 | 2 as moment:
                name = ("_insert", "append")[moment - 1]
                with monkeypatch.context() as patched:
                    patched.setattr(LogStore, name, _and_dies(getattr(LogStore, name)))
                    with suppress(SystemExit):  # else it was the worker's own thread that died
                        worker.flush()
                return False
            case 3 | 4:
                worker.flush()
    worker.flush()
    return True


def _and_dies(work: Callable[..., Any]) -> Callable[..., Any]:
    """In the transaction before it is committed, or right after that."""

    def die(*arguments: Any) -> None:
        work(*arguments)
        raise SystemExit

    return die


def test_a_log_that_is_closed_in_mid_source_leaves_its_open_end_to_the_next_worker(
    record: MakeRecorder, execution: Execution
) -> None:
    recorder = record(SECRET)
    recorder.write("output", b"a s3cr3t", "tests")
    recorder.close()
    assert text_of(execution) == "a "

    last = record(SECRET)
    last.write("output", b"a s3cr3t", "tests")
    last.close(final=True)
    assert text_of(execution) == "a s3cr3t"


@pytest.mark.parametrize("lines", [[b"0123456\n"] * 200, [b"x" * 1600]], ids=["lines", "one line"])
@pytest.mark.parametrize("batch", [1, 3, 200])
def test_the_mark_of_the_limit_stands_where_it_stands_for_one_worker(
    record: MakeRecorder, execution: Execution, job: Job, lines: list[bytes], batch: int
) -> None:
    first = record(limit=1024)
    for number, line in enumerate(lines, start=1):
        first.write("output", line, "tests")
        if number % batch == 0:
            first.flush()
        if number == 150:
            break
    first.flush()
    Job.objects.filter(pk=job.pk).update(fence=4)
    second = record(fence=4, limit=1024)
    second.write("output", b"".join(lines), "tests")
    second.close()

    end = "" if len(lines) > 1 else "\n"
    text = b"".join(lines).decode()[:1024]
    assert text_of(execution) == (
        f"{text}{end}The log reached its limit of 0.000976562 MiB; later output is not kept.\n"
    )


def test_sources_that_nobody_feeds_again_are_forgotten(
    record: MakeRecorder, execution: Execution
) -> None:
    recorder = record()
    for name in ("said:setup:1", "said:baseline:1", "tests"):
        recorder.write("output", b"line\n", name, last=True)
    recorder.flush()
    recorder.forget("said:setup:")
    recorder.write("output", b"more\n", "other", last=True)
    recorder.close()

    execution.refresh_from_db()
    assert execution.log_sources == {"said:baseline:1": 5, "tests": 5, "other": 5}
