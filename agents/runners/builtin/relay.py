"""Runs an asynchronous agent on a thread of its own, while the caller's thread stays in charge.

The listener writes to a database whose connection belongs to the caller's thread, and which may
not be used inside an event loop. So every call to the listener travels back to the caller's
thread, which says `beat` in the silence between two calls.
"""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from agents.runners.base import AgentEvent, Listener

T = TypeVar("T")
BEAT_SECONDS = 1.0
GRACE_SECONDS = 5.0  # for the agent to end once it was told to

_Question = tuple[Callable[[Listener], Any], "Future[Any]"]


class Stopped(Exception):
    """The caller has gone: nobody listens to the agent any more."""


class Relay:
    """The listener as the agent's thread sees it."""

    def __init__(self) -> None:
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._stopped = False

    def emit(self, event: AgentEvent) -> None:
        """See Listener."""
        self._ask(lambda listener: listener.emit(event))

    def beat(self) -> None:
        """See Listener."""
        self._ask(lambda listener: listener.beat())

    def recall(self, key: str) -> str:
        """See Listener."""
        return self._ask(lambda listener: listener.recall(key))

    def remember(self, key: str, value: str) -> None:
        """See Listener."""
        self._ask(lambda listener: listener.remember(key, value))

    def _ask(self, question: Callable[[Listener], T]) -> T:
        answer: Future[T] = Future()
        with self._lock:
            if self._stopped:
                raise Stopped
            self._questions.put((question, answer))
        return answer.result()

    def finish(self) -> None:
        """The agent asks nothing more."""
        self._questions.put(None)

    def serve(self, listener: Listener) -> None:
        """Answer until the agent has finished; what the listener raises ends it at once."""
        try:
            while (question := self._next(listener)) is not None:
                call, answer = question
                try:
                    answer.set_result(call(listener))
                except BaseException as error:
                    answer.set_exception(error)
                    raise
        finally:
            self._stop()

    def _next(self, listener: Listener) -> _Question | None:
        while True:
            try:
                return self._questions.get(timeout=BEAT_SECONDS)
            except queue.Empty:
                listener.beat()

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
            while not self._questions.empty():
                question = self._questions.get()
                if question is not None:
                    question[1].set_exception(Stopped())


class _AgentThread:
    """One event loop on one thread, with the caller's context (log fields, locale)."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]], relay: Relay) -> None:
        self.result: Future[Any] = Future()
        self._work = work
        self._relay = relay
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        context = contextvars.copy_context()
        # A daemon: a tool that hangs in a lost sandbox must not keep the worker from ending.
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name="agent", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def cancel(self) -> None:
        """Tell the agent to end and wait a little; its sandbox is closed by the caller."""
        loop, task = self._loop, self._task
        if loop is not None and task is not None and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)
        self._thread.join(GRACE_SECONDS)

    def _run(self) -> None:
        try:
            self.result.set_result(asyncio.run(self._main()))
        except BaseException as error:  # noqa: BLE001 (raised again on the caller's thread)
            self.result.set_exception(error)
        finally:
            self._relay.finish()

    async def _main(self) -> Any:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        return await self._work()


def run_beside(listener: Listener, work: Callable[[Listener], Coroutine[Any, Any, T]]) -> T:
    """The result of `work(relay)`; what the listener or the work raises, this raises."""
    relay = Relay()
    agent = _AgentThread(lambda: work(relay), relay)
    agent.start()
    try:
        relay.serve(listener)
    except BaseException:
        agent.cancel()
        raise
    result: T = agent.result.result()
    return result
