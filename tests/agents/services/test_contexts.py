"""What the pipeline is told of a project's network."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from agents.models import Job
from agents.pipelines.base import Phase
from agents.pipelines.context import Allowed
from agents.services.contexts import _began, _settings
from clusters.models import Cluster
from tests import factories


def test_the_time_limit_counts_by_the_databases_clock(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = factories.make_job(cluster.project, cluster)
    Job.objects.filter(pk=job.pk).update(started_at=Now() - timedelta(seconds=300))
    job.refresh_from_db()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 600)
    # Within what databases round a moment to, and far from the ten minutes.
    assert 299 <= time.time() - _began(job) < 330


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
