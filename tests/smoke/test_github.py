"""The smoke test: against a real repository when asked for, and against ours so that it stays true."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clusters.forges.base import PullState
from tests.clusters.forges.conftest import _pattern, source
from tests.clusters.forges.github_forges import NAME, Bench, hub
from tests.smoke.walk import API_URL, NEEDED, REPOSITORY, SECOND, TOKEN, URL, forge_of, walk
from tests.stand_ins.github.fixtures import github

__all__ = ["_pattern", "github", "hub", "source"]


@pytest.mark.smoke
def test_a_real_repository_takes_the_whole_way(tmp_path: Path) -> None:
    if missing := [name for name in NEEDED if not os.environ.get(name)]:
        pytest.skip(f"Set {' and '.join(missing)}, as docs/github.md says, to ask the real GitHub.")
    walk(forge_of(os.environ, tmp_path))


@pytest.fixture
def environment(hub: Bench) -> dict[str, str]:
    """What an operator would set to have the smoke test ask the GitHub of the tests."""
    return {
        REPOSITORY: NAME,
        TOKEN: hub.token,
        URL: hub.server.url,
        API_URL: hub.server.api_url,
    }


def test_the_way_is_gone_and_leaves_nothing_open(
    hub: Bench, environment: dict[str, str], tmp_path: Path
) -> None:
    before = hub.forge().mirror().branches()

    walked = walk(forge_of(environment, tmp_path))

    pull = hub.forge().get_pr(walked.number)
    assert walked.had_drafts
    assert (pull.state, pull.draft, pull.body) == (PullState.CLOSED, False, SECOND)
    assert hub.forge().mirror().branches() == before


def test_the_branch_is_removed_when_something_fails(
    hub: Bench, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = hub.forge().mirror().branches()
    forge = forge_of(environment, tmp_path)
    monkeypatch.setattr(forge, "mark_ready", forge.recall)  # which stays a draft

    with pytest.raises(AssertionError):
        walk(forge)

    assert hub.forge().mirror().branches() == before
