"""Copies of repositories fit a limit; those that somebody works with stay."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from agents import tasks
from agents.models import Job
from agents.services import mirrors
from clusters.forges import mirror_cache
from clusters.forges.mirrors import Mirror, lock_of, locked, touched
from clusters.models import Project
from tests import factories
from tests.clusters.forges.repositories import ANN, WorkingCopy

DAY = 86_400
MEGABYTE = 1_000_000


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    settings.HOME = tmp_path / "home"
    (settings.HOME / "mirrors").mkdir(parents=True)
    return Path(settings.HOME)


@pytest.fixture
def source(tmp_path: Path) -> WorkingCopy:
    """A repository of a little more than a megabyte."""
    copy = WorkingCopy(tmp_path / "source")
    copy.commit({"noise.bin": os.urandom(MEGABYTE)})
    return copy


def fetched(home: Path, source: WorkingCopy, name: str, *, days: float) -> Mirror:
    """A mirror that was used so many days ago."""
    mirror = Mirror(home / "mirrors" / f"{name}.git")
    mirror.fetch(str(source.path))
    age(mirror, days)
    return mirror


def age(mirror: Mirror, days: float) -> None:
    then = time.time() - days * DAY
    os.utime(touched(mirror.path), (then, then))


@pytest.mark.django_db
def test_the_least_recently_used_go_until_the_rest_fits(
    home: Path, source: WorkingCopy, settings: Settings
) -> None:
    older, newest, oldest = (
        fetched(home, source, name, days=days) for name, days in (("1", 2), ("2", 1), ("3", 3))
    )
    settings.MIRROR_CACHE_GB = 0.0025  # two of them

    tasks.tidy()

    assert not oldest.path.exists()
    assert older.branches() == newest.branches() == {"main": source.head()}
    oldest.fetch(str(source.path))
    assert oldest.branches() == {"main": source.head()}


@pytest.mark.django_db
def test_below_the_limit_nothing_goes(home: Path, source: WorkingCopy) -> None:
    mirror = fetched(home, source, "1", days=300)

    mirrors.sweep()

    assert mirror.branches() == {"main": source.head()}


def test_what_a_job_works_with_stays(
    home: Path, source: WorkingCopy, settings: Settings, project: Project
) -> None:
    busy = fetched(home, source, str(project.pk), days=9)
    idle = fetched(home, source, "0", days=1)
    reading = fetched(home, source, "00", days=0)
    job = factories.make_job(project, status=Job.Status.RUNNING)
    settings.MIRROR_CACHE_GB = 0

    mirrors.sweep()
    assert (busy.path.exists(), idle.path.exists(), reading.path.exists()) == (True, False, True)

    Job.objects.filter(pk=job.pk).delete()
    mirrors.sweep()
    assert not busy.path.exists()


def test_one_that_is_fetched_meanwhile_stays(home: Path, source: WorkingCopy) -> None:
    mirror = fetched(home, source, "1", days=2)
    (seen,) = mirror_cache.mirrors(home / "mirrors")
    removed: list[bool] = []
    sweeper = threading.Thread(target=lambda: removed.append(mirror_cache.remove(seen)))
    with locked(lock_of(mirror.path)):
        sweeper.start()
        mirror.touch()  # as a fetch does that holds the lock
    sweeper.join(timeout=10)

    assert removed == [False]
    assert mirror.branches() == {"main": source.head()}


@pytest.mark.django_db
def test_what_an_interrupted_sweep_left_is_removed(home: Path) -> None:
    (home / "mirrors" / "7.git.removed" / "objects").mkdir(parents=True)

    mirrors.sweep()

    assert list((home / "mirrors").iterdir()) == []


@pytest.mark.django_db
def test_many_packs_become_one_and_nothing_is_lost(
    home: Path, source: WorkingCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = fetched(home, source, "1", days=0)
    loose = mirror.empty_commit("main", "Not pushed yet", ANN)
    for number in range(3):
        source.commit({"a.txt": f"{number}\n"})
        mirror.fetch(str(source.path))
    monkeypatch.setattr(mirror_cache, "MANY_PACKS", 3)

    mirrors.sweep()

    assert len(list(mirror.path.glob("objects/pack/*.pack"))) == 1
    assert mirror.branches() == {"main": source.head()}
    assert mirror.has(loose)
