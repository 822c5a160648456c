"""What all scoring commands share: how they speak, and how they read what people bring."""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

_LINE = 4 << 20  # characters; one line is one case

Say = Callable[[str], None]


class ScoringError(Exception):
    """Nothing can be scored; the text is a sentence for the person at the terminal."""


class Scorer(Protocol):
    """A module of this package that `manage.py score NAME` runs. Its docstring is the help."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what it takes."""

    def run(self, options: Mapping[str, Any], say: Say) -> None:
        """Score and report through `say`, a line at a time; raises ScoringError."""


def progress(text: str) -> None:
    """A line on standard error, which keeps it out of the report."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON lines file, plain or gzipped, with their line numbers."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            number = 0
            while line := file.readline(_LINE + 1):
                number += 1
                if line.strip():
                    yield number, _object(path, number, line)
    except (OSError, EOFError, zlib.error) as error:
        raise ScoringError(f"{path} cannot be read: {error}.") from error


def _object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    where = f"{path}, line {number}"
    if len(line) > _LINE:
        raise ScoringError(f"{where}: it is longer than {_LINE} bytes.")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ScoringError(f"{where}: this is not JSON ({error}).") from error
    if not isinstance(value, dict):
        raise ScoringError(f"{where}: expected an object in braces.")
    return value
