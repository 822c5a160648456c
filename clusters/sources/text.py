"""A report as plain text: the first line is its title."""

from __future__ import annotations

from collections.abc import Iterator

from clusters.sources.base import Parsed
from clusters.sources.build import RawReport, build_report
from clusters.sources.cleaning import clean_text
from clusters.sources.decoding import decode, too_large


class TextSource:
    """The whole payload is one report."""

    kind = "text"
    label = "Plain text"

    def parse(self, payload: bytes) -> Iterator[Parsed]:
        """One report or one refusal."""
        large = too_large(payload)
        if large:
            yield large
            return
        text, notes = decode(payload)
        title, _, body = clean_text(text).partition("\n")
        yield build_report(1, RawReport(title=title, body=body), notes)
