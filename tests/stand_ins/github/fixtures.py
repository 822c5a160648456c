"""The server for tests: started on a free port, and held against GitHub's description at the end."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stand_ins.github.npm import Unavailable
from tests.stand_ins.github.server import GitHubServer


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubServer]:
    """GitHub, without people and repositories at first."""
    server = GitHubServer(tmp_path / "github").start()
    try:
        yield server
    finally:
        server.stop()
    try:
        violations = server.violations
    except Unavailable as missing:
        warnings.warn(str(missing), stacklevel=1)
        violations = server.defects
    assert not violations, "\n".join(violations)
