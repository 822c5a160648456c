"""No space left on the platform's own disks: the job says where, and the next one goes on."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from agents.execute.run import run
from agents.models import Artifact, Job
from agents.pipelines.base import Artifact as Draft
from agents.pipelines.base import Stop
from agents.services import evidence, executions, jobs, leases
from clusters.models import Cluster
from credentials.models import User
from tests import factories

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SmallDisk = Callable[[Path, str], None]


@contextmanager
def mounted(path: Path, size: str) -> Iterator[None]:
    path.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


@pytest.fixture
def small_disk() -> Iterator[SmallDisk]:
    """Put a disk of a size in the place of a folder."""
    with ExitStack() as stack:
        yield lambda path, size: stack.enter_context(mounted(path, size))


@pytest.mark.parametrize(
    ("folder", "where"),
    [("mirrors", "copy of the repository"), ("scratch", "where the platform works")],
)
def test_a_full_disk_of_the_worker(
    alice: User,
    main_cluster: Cluster,
    settings: Settings,
    small_disk: SmallDisk,
    folder: str,
    where: str,
) -> None:
    small_disk(settings.HOME / folder, "8k")
    job, _ = jobs.start_fix(alice, main_cluster)
    run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.outcome) == (Job.Status.FAILED, "disk_full"), job.outcome_detail
    assert where in job.outcome_detail
    assert list(settings.SANDBOX_HOME.glob("job-*")) == []


def test_a_full_disk_of_kept_files(
    cluster: Cluster, settings: Settings, tmp_path: Path, small_disk: SmallDisk
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    small_disk(settings.MEDIA_ROOT, "64k")
    lease = leases.claim(factories.make_job(cluster.project, cluster).pk, "worker")
    assert lease is not None
    execution = executions.begin(lease)
    large = Draft("log", "large.log", "text/plain", b"x" * 1_000_000)
    with pytest.raises(Stop) as stop:
        evidence.store_artifact(lease, execution, large)
    assert (stop.value.outcome, "keeps files" in stop.value.detail) == ("disk_full", True)
    assert not Artifact.objects.exists()
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    evidence.store_artifact(lease, execution, Draft("log", "small.log", "text/plain", b"x"))
    assert Artifact.objects.get().file.read() == b"x"
