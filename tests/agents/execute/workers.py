"""Real worker processes on the database and the broker of a test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from celery import Celery
from django.conf import settings

from agents.models import Job
from soulcaster.launch.home import CHECKOUT
from tests.agents.services.elsewhere import database_url

# A deploy: the same code, but for what it says about itself.
NEWER = "import agents.pipelines.version as version; version.PIPELINE_VERSION += 1; "
_MAIN = "import sys; from celery.__main__ import main; sys.exit(main())"
_OPTIONS = (
    *("-A", "soulcaster.celery:app", "worker", "--pool=threads", "--concurrency=4"),
    *("--queues=jobs,default,cpu", "--without-gossip", "--without-mingle", "--loglevel=INFO"),
)


class Worker:
    """One worker process; `said` is its log."""

    def __init__(self, name: str, folder: Path, before: str = "") -> None:
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", before + _MAIN, *_OPTIONS, f"--hostname={name}@%h"],
                cwd=CHECKOUT,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.until(lambda: "ready." in self.said, "it is ready")

    @property
    def said(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def works_on(self, job: Job) -> bool:
        """Whether it holds the job's lease."""
        owner = Job.objects.values_list("lease_owner", flat=True).get(pk=job.pk)
        return f":{self._process.pid}:" in owner

    def ask_to_end(self) -> None:
        """As a service manager does."""
        self._process.send_signal(signal.SIGTERM)

    def ends_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def until(self, holds: Callable[[], bool], what: str, seconds: float = 90.0) -> None:
        """Wait until something holds, as long as the process runs."""
        deadline = time.monotonic() + seconds
        while not holds():
            ran = self._process.poll() is None
            assert ran, f"The worker ended before {what}:\n{self.said}"
            assert time.monotonic() < deadline, f"Not in time: {what}.\n{self.said}"
            time.sleep(0.05)  # between two questions

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def worker(name: str, folder: Path, before: str = "") -> Iterator[Worker]:
    """A worker for the time of a block; `before` is what it runs first."""
    started = Worker(name, folder, before)
    try:
        yield started
    finally:
        started.kill()


def nudge(job: Job) -> None:
    """The message that a job's start sends."""
    with Celery(broker=settings.REDIS_URL) as app:
        app.send_task("agents.run_job", [job.pk], queue="jobs")


def _environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name.startswith("SOULCASTER_")}
    return {
        **ours,
        "PATH": os.environ["PATH"],
        "HOME": str(settings.HOME),
        "DJANGO_SETTINGS_MODULE": "soulcaster.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "SOULCASTER_HOME": str(settings.HOME),
        "SOULCASTER_SANDBOX_HOME": str(settings.SANDBOX_HOME),
        "SOULCASTER_LOCAL_REPOSITORIES": ",".join(map(str, settings.LOCAL_REPOSITORIES)),
    }
