from __future__ import annotations

import pytest

from soulcaster.bench import grouping
from soulcaster.bench.report import Options


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_measures_speed_memory_and_making_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "QUICK", (150, 300))
    said: list[str] = []
    figures = {one.name: one for one in grouping.run(Options(say=said.append, quick=True))}
    for name in ("meaning and words", "words alone"):
        assert figures[f"{name}, among 300"].value > 0
        assert figures[f"{name}: index in memory, among 300"].value > 0
        assert figures[f"{name}: speed among many beside few"].bar == "at least 0.5"
    assert figures["memory of this process at its peak"].unit == "MB"
    assert len(said) == 4
