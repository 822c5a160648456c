"""Keeps a lease alive beside the work, and hears when the work must stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from agents.models import Job
from agents.pipelines.base import Cancelled, LeaseLost, Stop
from agents.services import leases
from agents.services.leases import Lease

log = structlog.get_logger(__name__)


class Heart:
    """A thread that renews the lease; use it as a context manager.

    `on_stop` is called once, from the thread, when a person or the clock ends the work: it ends
    what the main thread waits for (a command in the sandbox).
    """

    def __init__(self, lease: Lease, deadline: float, on_stop: Callable[[], None]) -> None:
        self._lease = lease
        self._deadline = deadline  # of time.monotonic()
        self._on_stop = on_stop
        self._stop: type[Cancelled] | type[LeaseLost] | Stop | None = None
        self._quiet = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heart-{lease.job_id}", daemon=True)

    def __enter__(self) -> Heart:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._quiet.set()
        self._thread.join()

    @property
    def cancelled(self) -> bool:
        """A person asked to stop."""
        return self._stop is Cancelled

    @property
    def out_of_time(self) -> bool:
        """The job's time limit has passed."""
        return isinstance(self._stop, Stop)

    def check(self) -> None:
        """Raise what ends the work, if anything does."""
        if self._stop is not None:
            raise self._stop

    def _run(self) -> None:
        pause = min(2.0, settings.LEASE_SECONDS / 3)
        renewed = time.monotonic()
        try:
            while not self._quiet.wait(pause):
                try:
                    self._listen()
                    renewed = time.monotonic()
                except (DatabaseError, InterfaceError):
                    log.warning("lease_not_renewed", job=self._lease.job_id, exc_info=True)
                    # Nobody else would: a connection that broke stays broken.
                    connection.close()
                    # Without the database nobody can say that the lease is still ours.
                    if time.monotonic() - renewed > settings.LEASE_SECONDS:
                        self._end(LeaseLost)
                if self._stop is LeaseLost:
                    return  # the sandbox belongs to the next worker now
                if self._stop is not None:
                    self._on_stop()
                    self._keep_renewing(pause)
                    return
        finally:
            connection.close()

    def _listen(self) -> None:
        if not leases.renew(self._lease):
            self._end(LeaseLost)
        elif Job.objects.filter(pk=self._lease.job_id, cancel_requested_at__isnull=False).exists():
            self._end(Cancelled)
        elif time.monotonic() > self._deadline:
            self._end(Stop("time_limit"))

    def _keep_renewing(self, pause: float) -> None:
        """Cleaning up takes time too, and nobody else may take the job over meanwhile."""
        while not self._quiet.wait(pause):
            try:
                if not leases.renew(self._lease):
                    return
            except (DatabaseError, InterfaceError):
                log.warning("lease_not_renewed", job=self._lease.job_id, exc_info=True)
                connection.close()

    def _end(self, why: type[Cancelled] | type[LeaseLost] | Stop) -> None:
        self._stop = self._stop or why
