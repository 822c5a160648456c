"""Fixtures for every test: four people, a team, a project, a cluster.

Alice owns the team, Bob is a member, Carol only looks; Mallory has a team of her own and must
never learn anything about this one.
"""

from __future__ import annotations

import pytest
from django.core.cache import cache
from hypothesis import settings

from clusters.models import Cluster, Project
from clusters.services.intake import limits
from credentials.models import Role, Team, User
from tests import factories

pytest_plugins = ["tests.services"]

# No test fails because a machine is slow.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """What was counted and remembered for the rows of the test before is not about this one's."""
    cache.clear()
    limits._away_until = 0.0


@pytest.fixture
def alice(db: None) -> User:
    return factories.make_user("alice", full_name="Alice Archer")


@pytest.fixture
def team(alice: User) -> Team:
    return factories.make_team("Till", owner=alice)


@pytest.fixture
def bob(team: Team) -> User:
    user = factories.make_user("bob")
    factories.add_member(team, user, Role.MEMBER)
    return user


@pytest.fixture
def carol(team: Team) -> User:
    user = factories.make_user("carol")
    factories.add_member(team, user, Role.VIEWER)
    return user


@pytest.fixture
def mallory(db: None) -> User:
    user = factories.make_user("mallory")
    factories.make_team("Elsewhere", owner=user)
    return user


@pytest.fixture
def project(team: Team) -> Project:
    return factories.make_project(team)


@pytest.fixture
def cluster(project: Project) -> Cluster:
    return factories.make_cluster(project)
