"""Whether the earlier report that one repeats is found: recall@1/5/10 in the order of time."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clusters.scoring.base import Say, ScoringError
from clusters.scoring.tables import read_table

_DEPTHS = (1, 5, 10)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The reports and which of them repeat which."""
    parser.add_argument("items", type=Path, help="CSV with the columns id and text, oldest first.")
    parser.add_argument("duplicates", type=Path, help="CSV with the columns a and b: two ids.")
    parser.add_argument("--lexical", action="store_true", help="Words alone, without the encoder.")


def run(options: Mapping[str, Any], say: Say) -> None:
    """For the later report of each pair, look for the other one among all earlier ones."""
    from clusters.embedding.dense import encoder
    from clusters.grouping.nearest import Nearest

    rows = read_table(options["items"], ["id", "text"])
    number = {row["id"]: place for place, row in enumerate(rows)}
    pairs = sorted(_pairs(options["duplicates"], number))
    model = None if options["lexical"] else encoder()
    nearest = Nearest([row["text"] for row in rows], model.embed if model else None)
    found = [(nearest.before(later, _DEPTHS[-1]), earlier) for later, earlier in pairs]
    shares = [sum(e in places[:depth] for places, e in found) / len(found) for depth in _DEPTHS]
    figures = "/".join(f"{share:.3f}" for share in shares)
    say(f"recall@1/5/10 {figures} over {len(pairs)} duplicates among {len(rows)} reports.")


def _pairs(path: Path, number: Mapping[str, int]) -> list[tuple[int, int]]:
    """The later and the earlier report of each pair whose reports are both there."""
    rows = read_table(path, ["a", "b"])
    known = [row for row in rows if row["a"] in number and row["b"] in number]
    pairs = [sorted((number[row["a"]], number[row["b"]]), reverse=True) for row in known]
    found = [(later, earlier) for later, earlier in pairs if later != earlier]
    if not found:
        raise ScoringError(f"{path} names no two different reports that are in the other file.")
    return found
