"""What the pipeline is told of a project's network."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from agents.pipelines.base import Phase
from agents.pipelines.context import Allowed
from agents.services.contexts import _settings
from clusters.models import Cluster
from tests import factories


@pytest.mark.parametrize("private", [False, True])
def test_private_hosts_are_trusted_while_the_operator_lets_people_name_them(
    cluster: Cluster, settings: Settings, private: bool
) -> None:
    settings.PRIVATE_ADDRESSES = private
    cluster.project.allowed_hosts = [
        {"host": "10.0.0.5", "phase": "agent", "port": 8080},
        {"host": "example.com", "phase": "setup", "port": None},
    ]
    given = _settings(factories.make_job(cluster.project, cluster), "main")
    assert list(given.allowed) == [
        Allowed("10.0.0.5", Phase.AGENT, 8080, trusted=private),
        Allowed("example.com", Phase.SETUP, None, trusted=False),
    ]
