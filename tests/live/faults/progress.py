"""How far a job is, told by its rows, and how long it takes to go on."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live.faults.product import Product
from tests.live.faults.waiting import until

RECOVERY_SECONDS = 60.0  # the bar of F1
MOMENT_SECONDS = 90.0


def fence(product: Product, job: int) -> int:
    """How often the job was taken up."""
    return int(product.rows.one("SELECT fence FROM agents_job WHERE id = ?", job)[0])


def said(product: Product, job: int, text: str) -> bool:
    """Is this in the stored log?"""
    query = (
        "SELECT count(*) FROM agents_logchunk c JOIN agents_execution e ON e.id = c.execution_id "
        "WHERE e.job_id = ? AND c.text LIKE ?"
    )
    return bool(product.rows.one(query, job, f"%{text}%")[0])


def await_line(product: Product, job: int, number: int) -> None:
    """Until the log holds this line of the agent."""
    await_words(product, job, f"steady {number:06d}")


def await_words(product: Product, job: int, words: str) -> None:
    """Until the log holds these words."""
    until(lambda: said(product, job, words), MOMENT_SECONDS, words)


def await_recovery(product: Product, job: int, before: int) -> float:
    """Until another worker has taken the job up; the seconds that took, within the bar."""
    return until(lambda: fence(product, job) > before, RECOVERY_SECONDS, "the job goes on")


def tip(product: Product, job: int) -> str:
    """The commit that the job's branch is at on the forge, or ''."""
    branch = product.rows.one("SELECT branch FROM agents_job WHERE id = ?", job)[0]
    ref = product.forge(job) / "repository.git" / "refs" / "heads" / branch
    return ref.read_text().strip() if ref.is_file() else ""


@contextmanager
def pulls_locked(product: Product, job: int) -> Iterator[Path]:
    """Let nobody write pull requests of the job's project for the time of a block."""
    path = product.forge(job) / "pulls.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield path
