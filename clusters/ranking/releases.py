"""Releases that reports name, put in order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

NAMES = ("release", "version", "app_version")  # of a report's metadata
_NUMBERS = re.compile(r"(?<![\w.])v?(\d{1,6}(?:\.\d{1,6}){1,3})(?![\d.]*\.?\d)")

Order = tuple[int, ...]


def release_of(metadata: Mapping[str, object]) -> str:
    """The release that a report is about, as numbers such as “2.4.1”; empty when it names none."""
    for name in NAMES:
        # A Sentry release is written as package@1.2.3+build.
        found = _NUMBERS.search(str(metadata.get(name) or "").rpartition("@")[2])
        if found:
            return found[1]
    return ""


def order(release: str) -> Order:
    """What releases are compared by: 2.10 comes after 2.9, and 2.4 is 2.4.0."""
    numbers = [int(number) for number in release.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def newest(releases: Iterable[str]) -> str:
    """The last one in order; empty for none."""
    return max((one for one in releases if one), key=order, default="")
