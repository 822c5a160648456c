"""`bin/demo` as a user runs it, and what it leaves in its home."""

from __future__ import annotations

import json
import os
import re
import shlex
import sqlite3
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soulcaster.launch.home import CHECKOUT

_SECONDS = 560.0
# How this machine reaches its package index, and nothing else of our environment.
_INDEX = re.compile(r"PIP_\w+|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|\w+_proxy", re.IGNORECASE)


@dataclass(frozen=True)
class Receipt:
    """One run of tests, as the product keeps it."""

    kind: str
    status: str
    note: str
    outcomes: Mapping[str, str]  # of each test

    def of(self, tests: set[str]) -> set[str]:
        """The outcomes of these tests."""
        return {self.outcomes.get(test, "missing") for test in tests}


@dataclass(frozen=True)
class Ran:
    """How it ended."""

    home: Path
    exit_code: int
    said: str

    def rows(self, query: str) -> list[sqlite3.Row]:
        database = sqlite3.connect(self.home / "db.sqlite3")
        try:
            database.row_factory = sqlite3.Row
            return database.execute(query).fetchall()
        finally:
            database.close()

    def receipts(self) -> dict[str, Receipt]:
        """The last one of each kind."""
        rows = self.rows("select kind, status, note, tests from agents_receipt order by id")
        return {row["kind"]: _receipt(row) for row in rows}

    def job(self) -> sqlite3.Row:
        (row,) = self.rows("select outcome, status, outcome_detail from agents_job")
        return row

    def candidate_files(self) -> list[str]:
        """Those of the plan, best first."""
        rows = self.rows("select content from clusters_plan order by version")
        content: dict[str, Any] = json.loads(rows[-1]["content"])
        return [file["path"] for file in content["files"]]

    def fetch_command(self) -> list[str]:
        """The printed line, as a shell would read it."""
        found = re.search(r"^Fetch it: +(.+)$", self.said, re.MULTILINE)
        assert found, self.said
        return shlex.split(found[1])


def run_demo(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, path: str = ""
) -> Ran:
    """Run it to its end with a home of its own below `folder`; `path` goes before PATH."""
    home, user = folder / "home", folder / "user"
    user.mkdir(exist_ok=True)
    index = {name: value for name, value in os.environ.items() if _INDEX.fullmatch(name)}
    search = os.pathsep.join(filter(None, (path, os.environ["PATH"])))
    done = subprocess.run(
        [CHECKOUT / "bin" / "demo", "--exit", "--port", "0", "--home", home, *arguments],
        cwd=folder,
        env={**index, "PATH": search, "HOME": str(user), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    print(done.stdout)  # noqa: T201 (pytest shows it when the test fails)
    return Ran(home, done.returncode, done.stdout)


def _receipt(row: sqlite3.Row) -> Receipt:
    outcomes = {test["id"]: test["outcome"] for test in json.loads(row["tests"])}
    return Receipt(row["kind"], row["status"], row["note"], outcomes)
