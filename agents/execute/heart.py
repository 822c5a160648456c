"""Keeps a lease alive beside the work, and hears when the work must stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from agents.execute import leaving
from agents.models import Job
from agents.pipelines.base import Cancelled, HandedOver, LeaseLost, Stop
from agents.services import leases
from agents.services.leases import Lease
from clusters.forges.interrupts import Interrupt

log = structlog.get_logger(__name__)

# Seconds for the worker to tidy up by itself, before the heart writes the end of the job down.
CANCEL_GRACE = 6.0
TIME_GRACE = 20.0
# Seconds for it to give the job back, before the heart does.
LEAVING_GRACE = 12.0

Reason = type[Cancelled] | type[LeaseLost] | Stop


class Heart:
    """A thread that renews the lease; use it as a context manager.

    `on_stop` is called once, from a thread of its own, when a person or the clock ends the work:
    it ends what the main thread waits for in a sandbox. `interrupt` is cut whatever ends the
    work. `on_stuck` is called from the heart when the main thread does not come back after that:
    it ends the job's rows, or gives the job back, whatever the main thread may still do.
    """

    def __init__(
        self,
        lease: Lease,
        deadline: float,
        on_stop: Callable[[], None],
        *,
        on_stuck: Callable[[], None] = lambda: None,
        interrupt: Interrupt | None = None,
        cancelled: bool = False,
    ) -> None:
        self._lease = lease
        self._deadline = deadline  # of time.monotonic()
        self._on_stop = on_stop
        self._on_stuck = on_stuck
        self._interrupt = interrupt or Interrupt()
        self._stop: Reason | None = Cancelled if cancelled else None
        self._pause = min(1.0, settings.LEASE_SECONDS / 3)
        self._renewed = time.monotonic()
        self._quiet = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heart-{lease.job_id}", daemon=True)
        self._ending: threading.Thread | None = None

    def __enter__(self) -> Heart:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._quiet.set()
        self._thread.join()
        if self._ending is not None:
            self._ending.join(2.0)  # a provider that hangs holds nobody up

    @property
    def cancelled(self) -> bool:
        """A person asked to stop."""
        return self._stop is Cancelled

    @property
    def out_of_time(self) -> bool:
        """The job's time limit has passed."""
        return isinstance(self._stop, Stop)

    @property
    def leaves(self) -> bool:
        """The worker process ends, and somebody else goes on."""
        return self._stop is HandedOver

    def check(self) -> None:
        """Raise what ends the work, if anything does."""
        # The thread may wait for a database that does not answer.
        self._look_around()
        if self._stop is not None:
            raise self._why()

    def _run(self) -> None:
        try:
            while self._stop is None and not self._quiet.wait(self._pause):
                self._beat()
            if self._stop is not None:
                self._carry_out()
        finally:
            connection.close()

    def _beat(self) -> None:
        try:
            self._listen()
        except (DatabaseError, InterfaceError) as error:
            self._note_outage(error)
        self._look_around()

    def _listen(self) -> None:
        row = self._held()
        if row is None or not self._renew():
            self._end(LeaseLost)
        elif row[0] is not None:
            self._end(Cancelled)

    def _held(self) -> tuple[object] | None:
        """When somebody asked to stop; None when the job is not ours."""
        mine = Job.objects.filter(
            pk=self._lease.job_id, fence=self._lease.fence, status__in=Job.HELD
        )
        return mine.values_list("cancel_requested_at").first()

    def _renew(self) -> bool:
        """Renew the lease when it is time to, which needs a write; False when it is lost."""
        asked = time.monotonic()
        if asked - self._renewed < settings.LEASE_SECONDS / 6:
            return True
        if not leases.renew(self._lease):
            return False
        self._renewed = asked
        return True

    def _look_around(self) -> None:
        """What ends the work without anybody's word in the database."""
        if time.monotonic() - self._renewed > settings.LEASE_SECONDS:
            # Without the database nobody can say that the lease is still ours.
            self._end(LeaseLost)
        elif leaving.is_leaving():
            self._end(HandedOver)
        elif time.monotonic() > self._deadline:
            self._end(Stop("time_limit"))

    def _carry_out(self) -> None:
        """End what the main thread waits for, and what it does not come back from."""
        self._interrupt.cut(self._why)
        if self._stop is LeaseLost:
            return  # the sandbox belongs to the next worker now
        if self._stop is HandedOver:
            self._keep_renewing(LEAVING_GRACE)
            return
        self._ending = threading.Thread(target=self._on_stop, name="ending", daemon=True)
        self._ending.start()
        self._keep_renewing(CANCEL_GRACE if self._stop is Cancelled else TIME_GRACE)

    def _keep_renewing(self, grace: float) -> None:
        """Cleaning up takes time too, and nobody else may take the job over meanwhile."""
        patience = time.monotonic() + grace
        while not self._quiet.wait(self._pause):
            try:
                if time.monotonic() > patience:
                    log.warning("worker_is_stuck", job=self._lease.job_id)
                    self._on_stuck()
                    return
                if not self._renew():
                    return
            except LeaseLost:
                return
            except (DatabaseError, InterfaceError) as error:
                self._note_outage(error)

    def _note_outage(self, error: Exception) -> None:
        log.warning("lease_not_renewed", job=self._lease.job_id, error=str(error))
        # Nobody else would: a connection that broke stays broken.
        connection.close()

    def _end(self, why: Reason) -> None:
        self._stop = self._stop or why

    def _why(self) -> Exception:
        """The reason as something to raise; a fresh one for each thread."""
        if isinstance(self._stop, Stop):
            return Stop(self._stop.outcome, self._stop.detail)
        return (self._stop or LeaseLost)()
