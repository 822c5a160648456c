"""What a benchmark found, for people and for machines."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

_COLUMNS = ("figure", "measured", "plain", "bar", "")


@dataclass(frozen=True, slots=True)
class Options:
    """How much to measure; every benchmark reads what concerns it."""

    say: Callable[[str], None]  # progress, for people who wait
    rounds: int = 5  # how often both sides take turns
    quick: bool = False  # small sizes: shows that it works, measures little
    rows: int = 1_000_000
    lines: int = 1_000_000
    viewers: int = 2_000
    seconds: int = 10
    rate: int = 1_000  # events a second


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `ok` is None where there is no bar."""

    name: str
    value: float
    unit: str = ""
    bar: str = ""  # "at most 1.5"
    plain: float | None = None  # the plain alternative in the same run, in the same unit
    ok: bool | None = None
    note: str = ""


def fact(
    name: str, value: float, unit: str = "", *, plain: float | None = None, note: str = ""
) -> Figure:
    """A number without a bar."""
    return Figure(name, value, unit, plain=plain, note=note)


def at_most(
    name: str,
    value: float,
    bar: float,
    unit: str = "",
    *,
    plain: float | None = None,
    note: str = "",
) -> Figure:
    """A number that is to stay below its bar."""
    return Figure(name, value, unit, f"at most {_number(bar)}", plain, value <= bar, note)


def at_least(
    name: str,
    value: float,
    bar: float,
    unit: str = "",
    *,
    plain: float | None = None,
    note: str = "",
) -> Figure:
    """A number that is to reach its bar."""
    return Figure(name, value, unit, f"at least {_number(bar)}", plain, value >= bar, note)


def machine() -> dict[str, Any]:
    """What a reader has to know to judge the figures."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "database": database(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def database() -> str:
    """The database that the settings name, with its version."""
    if connection.vendor == "sqlite":
        import sqlite3

        return f"SQLite {sqlite3.sqlite_version}"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0].split()[0]}"


def as_dict(facts: Mapping[str, Any], found: Mapping[str, Sequence[Figure]]) -> dict[str, Any]:
    """For programs."""
    figures = {name: [asdict(figure) for figure in each] for name, each in found.items()}
    return {"machine": dict(facts), "benchmarks": figures}


def table(figures: Sequence[Figure]) -> str:
    """For people: one line for each figure, its note below."""
    cells = [_COLUMNS, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_COLUMNS))]
    lines = [_line(cells[0], widths), _line(["-" * width for width in widths], widths)]
    for figure, row in zip(figures, cells[1:], strict=True):
        lines.append(_line(row, widths))
        if figure.note:
            lines.append(f"    {figure.note}")
    return "\n".join(lines)


def sentence(facts: Mapping[str, Any]) -> str:
    """The machine in one line."""
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def _cells(figure: Figure) -> tuple[str, ...]:
    unit = f" {figure.unit}" if figure.unit else ""
    plain = "" if figure.plain is None else f"{_number(figure.plain)}{unit}"
    verdict = {True: "ok", False: "MISSED", None: ""}[figure.ok]
    return figure.name, f"{_number(figure.value)}{unit}", plain, figure.bar, verdict


def _line(cells: Iterable[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _number(value: float) -> str:
    """Three digits that count: 1.23, 45.6, 1,234."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
