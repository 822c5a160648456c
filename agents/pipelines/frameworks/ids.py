"""Ids of tests whose framework has none: `path/to/price.test.ts::suite > name`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath


def test_id(path: str, names: Iterable[str]) -> str:
    """The id of a test in a file; of the file alone when there are no names."""
    told = " > ".join(" ".join(name.split()) for name in names if name.strip())
    return f"{path}::{told}" if told else path


def relative(path: str, place: str) -> str:
    """A path of a report, relative to where the tests ran; names outside of it stay as they are."""
    pure = PurePosixPath(path.removeprefix("file://"))
    if not pure.is_absolute():
        return str(pure)
    return str(pure.relative_to(place)) if pure.is_relative_to(place) else str(pure)
