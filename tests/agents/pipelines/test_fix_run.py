"""What one worker knows of an execution: its time, and whether its own disk has room."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from agents.pipelines import keeping
from agents.pipelines.base import Stop
from agents.pipelines.context import Tools
from agents.pipelines.run import FixRun
from clusters.forges.base import DiskFull
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import MemoryJournal


def made(quick: Bench, began: float) -> FixRun:
    scratch = quick.folder / "scratch"
    scratch.mkdir(exist_ok=True)
    tools = Tools(quick.forge, quick.sandboxes, None, scratch)
    context = replace(quick.context(), began=began)
    return FixRun(context, tools, MemoryJournal(quick.memory))


def test_no_time_left_ends_the_run(quick: Bench) -> None:
    with pytest.raises(Stop) as stop:
        made(quick, began=0.0).check_time()
    assert stop.value.outcome == "time_limit"


def test_a_full_disk_is_not_taken_for_commits_that_cannot_be_read(
    quick: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: FixRun, data: bytes) -> str:
        raise DiskFull("No space is left where the mirrors are.")

    run = made(quick, time.time())
    monkeypatch.setattr(FixRun, "bring", full)
    monkeypatch.setattr(MemoryJournal, "kept", lambda *_: b"bundle")
    with pytest.raises(DiskFull):
        keeping.restored(run)
