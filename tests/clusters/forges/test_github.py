"""GitHub as a forge: the contract."""

from __future__ import annotations

import pytest

from clusters.forges.github.forge import GitHubForge
from tests.clusters.forges.contract import ForgeContract
from tests.clusters.forges.github_forges import Bench, hub
from tests.stand_ins.github.fixtures import github

__all__ = ["github", "hub"]


class TestGitHubForge(ForgeContract):
    """The contract."""

    @pytest.fixture
    def forge(self, hub: Bench) -> GitHubForge:
        return hub.forge()
