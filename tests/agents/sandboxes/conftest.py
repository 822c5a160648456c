"""Fixtures for the sandbox tests: one provider per isolation that this machine can do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from agents.sandboxes.base import Isolation
from agents.sandboxes.local import TIERS, LocalProvider
from tests.agents.sandboxes.helpers import provider_of, reachable_folder
from tests.agents.sandboxes.hostile.stage import Stage, set_stage


@pytest.fixture(scope="session")
def sandboxes_root() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def any_provider(sandboxes_root: Path) -> LocalProvider:
    """The strongest that the machine can do."""
    return LocalProvider(sandboxes_root)


def _tiers(*isolations: Isolation) -> list[ParameterSet]:
    """The strongest one is tested in the quick lane, the others in the slow one."""
    return [
        pytest.param(
            isolation,
            id=isolation.value,
            marks=() if isolation is Isolation.NAMESPACES else pytest.mark.slow,
        )
        for isolation in isolations
    ]


@pytest.fixture(scope="session", params=_tiers(*TIERS))
def tier_provider(request: pytest.FixtureRequest, sandboxes_root: Path) -> LocalProvider:
    """Every isolation in turn."""
    return provider_of(request.param, sandboxes_root / request.param)


@pytest.fixture(
    scope="session",
    params=_tiers(Isolation.NAMESPACES, Isolation.BUBBLEWRAP, Isolation.LANDLOCK),
)
def isolated_provider(request: pytest.FixtureRequest, sandboxes_root: Path) -> LocalProvider:
    """Every isolation that keeps commands apart at all."""
    return provider_of(request.param, sandboxes_root / request.param)


@pytest.fixture(scope="module")
def stage(isolated_provider: LocalProvider) -> Iterator[Stage]:
    """A host with everything that a hostile agent would like to have."""
    with ExitStack() as stack:
        yield set_stage(stack, isolated_provider)
