"""The database is away, or there is no room in it: what a worker does then."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from functools import partial, wraps
from typing import NoReturn, ParamSpec, TypeVar

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from agents.pipelines.base import LeaseLost, Stop
from clusters.forges import interrupts

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0  # seconds between two tries
_FULL = ("database or disk is full", "No space left on device", "Disk quota exceeded")
# SQLite calls these operational as well; waiting does not help.
_DEFECTS = ("no such table", "no such column", "has no column")
DATABASE_FULL = "There is no space left where the platform's database is."


def is_away(error: BaseException | None) -> bool:
    """Whether the database could not be asked: it restarts, refuses, or is busy for too long."""
    if not isinstance(error, OperationalError | InterfaceError) or is_full(error):
        return False
    return not any(text in str(error) for text in _DEFECTS)


def is_full(error: BaseException | None) -> bool:
    """Whether there is no space left: for files, or for the database."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    return isinstance(error, OperationalError) and any(text in str(error) for text in _FULL)


def told(error: InterfaceError | OperationalError) -> Exception:
    """What an error of the database means for the work on a job.

    LeaseLost when it is away: nobody can say any more that the job is ours. Stop when it is full.
    """
    if is_full(error):
        return Stop("disk_full", DATABASE_FULL)
    return LeaseLost() if is_away(error) else error


def _tell(error: InterfaceError | OperationalError) -> NoReturn:
    said = told(error)
    if said is error:
        raise error  # nothing is its own cause: whoever looks for that would never come to an end
    raise said from error


def raise_told(error: Exception) -> None:
    """Raise LeaseLost when an error means that the database was away; whatever hid that."""
    seen: BaseException | None = error
    while seen is not None:
        if is_away(seen):
            raise LeaseLost from error
        seen = seen.__cause__


def patiently(work: Callable[[], T], *, also_full: bool = False) -> T:
    """The result of `work`, done again while the database is away, for as long as a lease holds.

    `work` is a transaction that may be done twice: the answer to its commit may be lost. Raises
    as `told` says; with `also_full` a full database is waited for in the same way.
    """
    deadline = time.monotonic() + settings.LEASE_SECONDS
    pause = _FIRST_PAUSE
    while True:
        try:
            return work()
        except (OperationalError, InterfaceError) as error:
            passes = is_away(error) or (also_full and is_full(error))
            # A transaction around this one has ended with the connection.
            if not passes or connection.in_atomic_block or time.monotonic() > deadline:
                _tell(error)
            log.warning("database_away", error=str(error))
        connection.close()
        interrupts.pause(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def outlasting(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function of this kind outlast an outage, as `patiently` does."""

    @wraps(function)
    def outlasts(*args: P.args, **kwargs: P.kwargs) -> T:
        return patiently(partial(function, *args, **kwargs))

    return outlasts


def telling(cls: type[T]) -> type[T]:
    """Let all public methods of a class tell errors of the database as `told` says."""
    for name, method in list(vars(cls).items()):
        if callable(method) and not name.startswith("_"):
            setattr(cls, name, _telling(method))
    return cls


def _telling(method: Callable[P, T]) -> Callable[P, T]:
    @wraps(method)
    def tells(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            _tell(error)

    return tells
