"""Work that is cheap in bulk: what comes while one batch is being done is the next one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from django.db import close_old_connections, connections

Task = TypeVar("Task")
Result = TypeVar("Result")


class Full(Exception):
    """More waits than may wait; nothing was taken."""


class Together(Generic[Task, Result]):
    """Does tasks in batches, in a thread with a database connection of its own.

    Nobody waits for a batch to fill: the first task starts one by itself.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Task]], Sequence[Result]],
        *,
        batch: int,
        most: int,
        weigh: Callable[[Task], int] = lambda task: 1,
    ) -> None:
        """`work` answers `batch` tasks at most, in order; what waits weighs `most` at most."""
        self._work = work
        self._batch = batch
        self._most = most
        self._weigh = weigh
        self._weight = 0
        self._queue: deque[tuple[Task, Future[Result]]] = deque()
        self._lock = threading.Lock()
        self._busy = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="together")

    def add(self, task: Task) -> Future[Result]:
        """The result, later; whoever stops waiting does not stop the work. Raises Full."""
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        weight = self._weigh(task)
        with self._lock:
            if self._weight + weight > self._most:
                raise Full
            self._weight += weight
            self._queue.append((task, future))
            begins, self._busy = not self._busy, True
        if begins:
            self._thread.submit(self._run)
        return future

    def close(self) -> None:
        """Do what waits, then give the connection back; nothing can be added any more."""
        self._thread.submit(connections.close_all)
        self._thread.shutdown()

    def _run(self) -> None:
        while batch := self._next():
            self._do(batch)

    def _next(self) -> list[tuple[Task, Future[Result]]]:
        with self._lock:
            batch = [self._queue.popleft() for _ in range(min(self._batch, len(self._queue)))]
            self._weight -= sum(self._weigh(task) for task, _ in batch)
            self._busy = bool(batch)
        return batch

    def _do(self, batch: Sequence[tuple[Task, Future[Result]]]) -> None:
        try:
            close_old_connections()
            results = self._work([task for task, _ in batch])
        except Exception as error:  # noqa: BLE001  whoever waits gets it, each of them
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)
