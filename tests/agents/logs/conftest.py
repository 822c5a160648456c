"""A held job with a running execution, and a recorder that tests can write with."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from agents.logs.recorder import Recorder
from agents.logs.scrubber import Scrubber
from agents.models import Execution, Job
from clusters.models import Cluster, Project
from tests import factories

MakeRecorder = Callable[..., Recorder]


@pytest.fixture
def job(project: Project, cluster: Cluster) -> Job:
    return factories.make_job(project, cluster, status=Job.Status.RUNNING, fence=3)


@pytest.fixture
def execution(job: Job) -> Execution:
    return factories.make_execution(job)


@pytest.fixture
def recorders() -> Iterator[list[Recorder]]:
    """Those in the list are closed at the end, whatever became of them."""
    opened: list[Recorder] = []
    yield opened
    for recorder in opened:
        try:
            recorder.close()
        except Exception:  # noqa: BLE001 - tests break recorders on purpose
            continue


@pytest.fixture
def record(execution: Execution, recorders: list[Recorder]) -> MakeRecorder:
    """Make a recorder of the execution; names overrule what it is made of."""

    def make(*secrets: str, fence: int = 3, limit: int = 1024 * 1024) -> Recorder:
        recorder = Recorder(execution.pk, fence, Scrubber(secrets), limit=limit)
        recorders.append(recorder)
        return recorder

    return make
