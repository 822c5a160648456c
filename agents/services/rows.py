"""Jobs by status, found by the indexes that hold few of them.

SQLite plans a query before it knows the parameters, so what chooses a partial index must be
written into the query; otherwise it would read every job that ever was.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet, Value

from agents.models import Job


class _Written(Value):
    """A status as a part of the query's text."""

    def as_sql(self, *_: Any, **__: Any) -> tuple[str, tuple[str | int, ...]]:
        return f"'{Job.Status(self.value).value}'", ()


_HELD = [_Written(status) for status in (Job.Status.PROVISIONING, Job.Status.RUNNING)]
_PENDING = _Written(Job.Status.PENDING)


def held() -> QuerySet[Job]:
    """Those that a worker has, or had until it fell silent."""
    return Job.objects.filter(status__in=_HELD)


def pending() -> QuerySet[Job]:
    """Those that wait for a worker."""
    return Job.objects.filter(status=_PENDING)
