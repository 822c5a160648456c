"""Jobs by status, found by the indexes that hold few of them.

SQLite plans a query before it knows the parameters, so what chooses a partial index must be
written into the query; otherwise it would read every job that ever was.
"""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.expressions import CombinedExpression

from agents.models import Job


class _Written(Value):
    """A status as a part of the query's text."""

    def as_sql(self, *_: Any, **__: Any) -> tuple[str, tuple[str | int, ...]]:
        return f"'{Job.Status(self.value).value}'", ()


def _written(*statuses: Job.Status) -> list[_Written]:
    return [_Written(status) for status in statuses]


_WAITING = (Job.Status.PENDING, Job.Status.AWAITING_APPROVAL)
_AT_WORK = (Job.Status.PROVISIONING, Job.Status.RUNNING)
# In the words of the indexes.
IS_HELD = Q(status__in=_written(*_AT_WORK))
IS_WAITING = Q(status__in=_written(*_WAITING, *_AT_WORK)) & Q(status__in=_written(*_WAITING))


def held() -> QuerySet[Job]:
    """Those that a worker has, or had until it fell silent."""
    return Job.objects.filter(IS_HELD)


def pending() -> QuerySet[Job]:
    """Those that wait for a worker."""
    return Job.objects.filter(status=_Written(Job.Status.PENDING))


def by(column: str) -> ExpressionWrapper[CombinedExpression]:
    """An id to group by, such that no index is chosen for that.

    SQLite would rather read all jobs in the order of the groups than sort a few.
    """
    return ExpressionWrapper(F(column) + 0, output_field=BigIntegerField())
