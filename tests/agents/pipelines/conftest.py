from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.projects import CHECK_COMMAND, QUICK


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A project with pytest."""
    bench = Bench(tmp_path)
    yield bench
    bench.close()


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Bench]:
    """A project with a test command of its own, for tests that are not about the tests."""
    bench = Bench(tmp_path, QUICK)
    bench.change(test_command=CHECK_COMMAND)
    yield bench
    bench.close()
