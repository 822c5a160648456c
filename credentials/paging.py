"""Long lists, a page at a time: a page costs the same among a thousand rows and among millions.

A page begins where the one before ended, by the values of its last row, so that no row before it
is read. Counts stop at `LIMIT`. Lists over several projects read the head of each one along its
index instead of sorting all of them.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import connections
from django.db.models import BooleanField, F, Func, IntegerField, Model, QuerySet, Subquery, Value
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)

LIMIT = 10_000  # rows that are counted, and that a page's number alone can reach
MOST_GROUPS = 100  # heads that one query reads
_KEY_LENGTH = 400

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Some rows of a list, and what the addresses of its neighbours need."""

    object_list: Sequence[M]
    number: int
    start_index: int
    count: int  # of all rows, at most LIMIT
    is_exact: bool  # False: there are more than `count`
    next: Mapping[str, str] | None  # the query of the next page; None on the last one
    previous: Mapping[str, str] | None

    @property
    def end_index(self) -> int:
        """The place of the last row, beginning with 1."""
        return self.start_index + len(self.object_list) - 1

    @property
    def total(self) -> str:
        """How many rows there are, for people."""
        return counted(self.count if self.is_exact else LIMIT + 1)


@dataclass(frozen=True, slots=True)
class Listing(Generic[M]):
    """Rows in an order.

    All of `order` goes one way, none of it is ever null, and its last part is unique. `within`
    narrows the rows to some values of some columns that an index begins with.
    """

    rows: QuerySet[M]
    order: tuple[str, ...]
    within: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def page(self, query: Mapping[str, str], size: int) -> Page[M]:
        """The page that an address names by `page`, and `after` or `before`; else the first."""
        counted_rows = self.count()
        count = min(counted_rows, LIMIT)
        number = _number(query.get("page", ""))
        after, before = (self._key(query.get(name, "")) for name in ("after", "before"))
        if after is not None:
            rows = self._take(self.order, after, 0, size + 1)
        elif before is not None:
            rows = self._take(_reverse(self.order), before, 0, size)[::-1]
        else:
            number = min(number, max(1, -(-count // size)))
            rows = self._take(self.order, None, (number - 1) * size, size + 1)
        more = before is not None or len(rows) > size
        shown = rows[:size]
        return Page(
            object_list=shown,
            number=number,
            start_index=(number - 1) * size + 1,
            count=count,
            is_exact=counted_rows <= LIMIT,
            next=self._beside("after", number + 1, shown[-1]) if more and shown else None,
            previous=self._beside("before", number - 1, shown[0]) if number > 1 and shown else None,
        )

    def count(self) -> int:
        """How many rows there are; LIMIT + 1 when there are more than LIMIT."""
        return capped_count(self._all(), LIMIT)

    def _beside(self, side: str, number: int, row: M) -> Mapping[str, str]:
        if number == 1:
            return {"page": "1"}
        return {"page": str(number), side: place(row, self.order)}

    def _key(self, text: str) -> Key | None:
        """The values that an address holds; None for nonsense."""
        if not text or len(text) > _KEY_LENGTH:
            return None
        try:
            values = json.loads(urlsafe_b64decode(text.encode("ascii")))
            columns = [self.rows.model._meta.get_field(_column(part)) for part in self.order]
            return tuple(
                _read(column, value) for column, value in zip(columns, values, strict=True)
            )
        except (ValueError, TypeError, ValidationError, RecursionError):
            return None

    def _take(self, order: tuple[str, ...], key: Key | None, start: int, count: int) -> list[M]:
        rows = self.rows if key is None else self.rows.filter(_Beyond(order, key))
        groups = list(self._groups())
        if not 1 < len(groups) <= MOST_GROUPS:
            return list(self._all(rows).order_by(*order)[start : start + count])
        heads = _heads(rows, groups, order, start + count)[start:]
        return list(self.rows.filter(pk__in=heads).order_by(*order))

    def _groups(self) -> Iterator[dict[str, Any]]:
        for values in product(*self.within.values()):
            yield dict(zip(self.within, values, strict=True))

    def _all(self, rows: QuerySet[M] | None = None) -> QuerySet[M]:
        found = self.rows if rows is None else rows
        return found.filter(**{f"{name}__in": values for name, values in self.within.items()})


class CappedCount(Subquery):
    """How many rows a subquery finds; give it one that is cut off, so that it ends early."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def place(row: Model, order: Sequence[str]) -> str:
    """Where a row is in an order, as an address says it."""
    values = [getattr(row, _column(part)) for part in order]
    texts = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return urlsafe_b64encode(json.dumps(texts, separators=(",", ":")).encode()).decode("ascii")


def capped_count(rows: QuerySet[Any, Any], limit: int = LIMIT) -> int:
    """How many rows there are; `limit` + 1 when there are more than `limit`."""
    return rows.order_by()[: limit + 1].count()


def counted(count: int, limit: int = LIMIT) -> str:
    """A capped count for people: `1,204`, or `10,000+`."""
    return f"{count:,}" if count <= limit else f"{limit:,}+"


class _Beyond(Func):
    """Whether a row comes after a key in an order: compared as a whole, so that an index helps."""

    output_field = BooleanField()

    def __init__(self, order: tuple[str, ...] = (), key: Key = (), **extra: Any) -> None:
        super().__init__(*(F(_column(part)) for part in order), *map(Value, key), **extra)
        self.sign = "<" if order and order[0].startswith("-") else ">"

    def as_sql(self, compiler: SQLCompiler, connection: Any, *args: Any, **extra: Any) -> Any:
        """`(a, b) < (1, 2)`."""
        parts = [compiler.compile(each) for each in self.source_expressions]
        half = len(parts) // 2
        row, key = (", ".join(sql for sql, _ in side) for side in (parts[:half], parts[half:]))
        return f"({row}) {self.sign} ({key})", [value for _, given in parts for value in given]


def _heads(
    rows: QuerySet[M], groups: Sequence[Mapping[str, Any]], order: tuple[str, ...], count: int
) -> list[Any]:
    """The ids of the first rows of all groups together, from the first rows of each.

    One group's query is made once and repeated with the values of the others: Django would take
    milliseconds for each.
    """
    # Values that no row has.
    marks: dict[str, Any] = {
        name: f"\0{place}" if isinstance(value, str) else -(2**62) + place
        for place, (name, value) in enumerate(groups[0].items())
    }
    columns = [_column(part) for part in order]
    bare = rows.select_related(None).prefetch_related(None).filter(**marks).order_by(*order)
    head, given = bare.values_list(*columns)[:count].query.sql_with_params()
    parts = (f"SELECT * FROM ({head}) AS head_{n}" for n in range(len(groups)))  # noqa: S608
    ways = ("DESC" if part.startswith("-") else "ASC" for part in order)
    sorting = ", ".join(f"{place} {way}" for place, way in enumerate(ways, start=1))
    names = {mark: name for name, mark in marks.items()}
    values = [
        group[names[value]] if isinstance(value, int | str) and value in names else value
        for group in groups
        for value in given
    ]
    with connections[rows.db].cursor() as cursor:
        union = " UNION ALL ".join(parts)
        cursor.execute(f"{union} ORDER BY {sorting} LIMIT {count:d}", values)
        return [row[-1] for row in cursor.fetchall()]


def _reverse(order: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part[1:] if part.startswith("-") else f"-{part}" for part in order)


def _column(part: str) -> str:
    return part.removeprefix("-")


def _read(column: Any, value: Any) -> Any:
    found = getattr(column, "output_field", column).to_python(value)
    if found is None or (isinstance(found, int) and not -(2**63) <= found < 2**63):
        raise ValueError(value)
    return found


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1
