"""Ending what a thread waits for, from another thread: git with its helpers, a call, a pause.

Whoever works under an `Interrupt` installs it for the thread; what waits looks it up, so that
nothing in between has to hand it on. Plain Python: no Django here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Why = Callable[[], Exception]


class Interrupt:
    """Cut once, it ends what waits under it, and lets nothing begin that would wait.

    Safe to use from any thread.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._why: Why | None = None
        self._enders: list[Callable[[], None]] = []

    def cut(self, why: Why) -> None:
        """End everything; whoever waited raises what `why` makes. The first reason counts."""
        with self._changed:
            if self._why is not None:
                return
            self._why = why
            enders = list(self._enders)
            self._changed.notify_all()
        for end in enders:
            end()

    def check(self) -> None:
        """Raise the reason, if it was cut."""
        if self._why is not None:
            raise self._why()

    def pause(self, seconds: float) -> None:
        """Wait that long; raises the reason as soon as it is cut."""
        with self._changed:
            self._changed.wait_for(lambda: self._why is not None, max(0.0, seconds))
        self.check()

    @contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """While inside, a cut calls `end`, from the thread that cuts; the reason is raised after.

        `end` must be quick and must not raise.
        """
        with self._changed:
            self.check()
            self._enders.append(end)
        try:
            yield
        except Exception:
            self.check()  # it failed because it was ended
            raise
        finally:
            with self._changed:
                self._enders.remove(end)
        self.check()


_current: ContextVar[Interrupt | None] = ContextVar("interrupt", default=None)


def current() -> Interrupt:
    """The interrupt that this thread works under; one that nobody cuts, if there is none."""
    return _current.get() or Interrupt()


def check() -> None:
    """Raise the reason, if this thread's work was cut."""
    current().check()


def pause(seconds: float) -> None:
    """Wait that long; raises the reason as soon as this thread's work is cut."""
    current().pause(seconds)


@contextmanager
def working_under(interrupt: Interrupt) -> Iterator[Interrupt]:
    """Let this thread work under `interrupt`, instead of the one that it worked under before."""
    token = _current.set(interrupt)
    try:
        yield interrupt
    finally:
        _current.reset(token)


@contextmanager
def sheltered(seconds: float, why: Why) -> Iterator[Interrupt]:
    """Go on whoever cuts the work outside of it, for that many seconds at most."""
    interrupt = Interrupt()
    timer = threading.Timer(seconds, interrupt.cut, [why])
    timer.daemon = True
    timer.start()
    try:
        with working_under(interrupt):
            yield interrupt
    finally:
        timer.cancel()
