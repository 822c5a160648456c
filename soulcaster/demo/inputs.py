"""What the demo works on: its own repository and reports, or the user's."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clusters.forges.detect import inspect
from soulcaster.demo import build_repository, material

TABLES = {".csv", ".jsonl"}
# The kind of source that each of the demo's files comes from.
KINDS = {
    "app_store_reviews": "review",
    "chat": "chat",
    "github_issues": "github",
    "sentry": "sentry",
    "support_mail": "email",
    "survey": "survey",
}
REPORT_LIMIT = 20 << 20  # bytes; what the product takes in one upload


class BadInput(Exception):
    """The arguments cannot be used; the text says what to do instead."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of reports and the kind of source it comes from ('': a file)."""

    name: str
    data: bytes
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One report in words."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """A repository and what people say about it. `settings` are those of the project."""

    name: str
    repository: Path
    uploads: Sequence[Upload] = ()
    report: Report | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def sample(folder: Path, settings: Mapping[str, Any]) -> Inputs:
    """The demo's own project, made below `folder` at first need, and its reports."""
    repository = folder / "tillwork"
    if not repository.exists():
        unfinished = folder / f"unfinished-{os.getpid()}"
        build_repository(unfinished)
        unfinished.rename(repository)
    uploads = [
        Upload(path.name, path.read_bytes(), KINDS[path.stem]) for path in material().reports
    ]
    return Inputs("Tillwork", repository, uploads, settings=settings)


def own(repository: Path, report: str, folder: Path, settings: Mapping[str, Any]) -> Inputs:
    """The user's repository and report; `folder` is where relative paths start."""
    path = (folder / repository).resolve()
    found = inspect(path)
    if not found.git or found.empty:
        raise BadInput(found.reason)
    uploads, words = read_report(report, folder)
    return Inputs(path.name.removesuffix(".git"), path, uploads, words, settings)


def read_report(text: str, folder: Path) -> tuple[Sequence[Upload], Report | None]:
    """A file of reports, a file with one report, or the report itself."""
    path = report_file(text, folder)
    if path is None:
        return (), in_words(text, "The report is empty: say in a sentence what goes wrong.")
    data = path.read_bytes()
    empty = f"The report {path} is empty: write into it what goes wrong."
    if path.suffix.lower() in TABLES:
        if not data.strip():
            raise BadInput(empty)
        return (Upload(path.name, data),), None
    return (), in_words(data.decode("utf-8", "replace"), empty)


def report_file(text: str, folder: Path) -> Path | None:
    """The file that the text names, None when it is the report itself."""
    if "\n" in text or len(text) > 1000:
        return None
    path = folder / Path(text).expanduser()
    try:
        if path.is_file():
            if path.stat().st_size > REPORT_LIMIT:
                raise BadInput(f"{path} is larger than {REPORT_LIMIT >> 20} MB: split it.")
            return path
    except OSError:
        return None
    if text and not any(letter.isspace() for letter in text) and ("/" in text or path.suffix):
        raise BadInput(f"There is no file {path}: check the path, or give the report in words.")
    return None


def in_words(text: str, empty: str) -> Report:
    """A report whose first line is its title."""
    text = text.replace("\0", "").strip()
    if not text:
        raise BadInput(empty)
    title, _, body = text.partition("\n")
    if len(title) > 200:
        return Report(title[:200], text)
    return Report(title, body.strip())
