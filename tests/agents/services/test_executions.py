from __future__ import annotations

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from agents.models import Artifact, Execution
from agents.pipelines import base
from agents.services import evidence, executions, leases
from agents.services.leases import Lease
from clusters.models import Cluster
from tests import factories


@pytest.fixture
def lease(cluster: Cluster) -> Lease:
    lease = leases.claim(factories.make_job(cluster.project, cluster).pk, "worker")
    assert lease is not None
    return lease


@pytest.fixture
def execution(lease: Lease) -> Execution:
    return executions.begin(lease)


def diff(data: bytes) -> base.Artifact:
    return base.Artifact("diff", "change.diff", "text/x-diff", data)


def test_a_file_that_is_kept_again_replaces_the_first(
    lease: Lease,
    execution: Execution,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    evidence.store_artifact(lease, execution, diff(b"first"))
    first = Artifact.objects.get().file
    with django_capture_on_commit_callbacks(execute=True):
        evidence.store_artifact(lease, execution, diff(b"second"))
    assert Artifact.objects.get().file.read() == b"second"
    assert not first.storage.exists(str(first.name))


def test_a_worker_that_dies_while_it_replaces_a_file_leaves_the_first(
    lease: Lease, execution: Execution
) -> None:
    evidence.store_artifact(lease, execution, diff(b"first"))
    with transaction.atomic():
        evidence.store_artifact(lease, execution, diff(b"second"))
        transaction.set_rollback(True)
    assert Artifact.objects.get().file.read() == b"first"
