"""Stored logs are read in bounded pieces."""

from __future__ import annotations

import pytest

from agents.logs.reading import Progress, chunks_after, progress, tail
from agents.models import Execution
from tests import factories

pytestmark = pytest.mark.django_db


def test_chunks_come_in_order_after_a_position(execution: Execution) -> None:
    factories.make_chunks(execution, "1\n", "2\n", "3\n")

    assert [chunk["text"] for chunk in chunks_after(execution, 1)] == ["2\n", "3\n"]
    assert [chunk["seq"] for chunk in chunks_after(execution, 0, limit=2)] == [1, 2]
    assert chunks_after(execution, 3) == []


def test_one_answer_is_bounded_in_size(execution: Execution) -> None:
    factories.make_chunks(execution, *["x" * 600_000] * 4)

    assert [chunk["seq"] for chunk in chunks_after(execution, 0)] == [1, 2]
    assert [chunk["seq"] for chunk in tail(execution)] == [3, 4]


def test_the_tail_holds_enough_lines(execution: Execution) -> None:
    factories.make_chunks(execution, *["a\nb\n"] * 10)

    assert [chunk["seq"] for chunk in tail(execution, lines=5)] == [8, 9, 10]


def test_progress_tells_the_end(execution: Execution) -> None:
    factories.make_chunks(execution, "1\n")
    assert progress(execution.pk) == Progress(1, ended=False)

    Execution.objects.update(status=Execution.Status.COMPLETED)
    assert progress(execution.pk) == Progress(1, ended=True)
    assert progress(execution.pk + 1) == Progress(0, ended=True)
