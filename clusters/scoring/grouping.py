"""Whether reports that belong together land together: ARI, B-cubed and V, item by item online."""

from __future__ import annotations

import argparse
import csv
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters.scoring.base import Say, ScoringError
from clusters.scoring.partitions import agreement
from clusters.scoring.tables import read_table

if TYPE_CHECKING:
    from clusters.grouping.stream import Stream


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The items, where the groups go, and the order."""
    parser.add_argument("items", type=Path, help="CSV with the columns text and, if known, label.")
    parser.add_argument("out", type=Path, help="Where row numbers (from 0) and groups are written.")
    parser.add_argument("--order", type=int, help="Seed of a random order; else that of the file.")
    parser.add_argument("--lexical", action="store_true", help="Words alone, without the encoder.")


def run(options: Mapping[str, Any], say: Say) -> None:
    """Group the items one at a time, write the groups, tell the figures."""
    rows = read_table(options["items"], ["text"])
    order = list(range(len(rows)))
    if options["order"] is not None:
        random.Random(options["order"]).shuffle(order)  # noqa: S311 - no secret
    started = time.process_time()
    stream = _stream(lexical=options["lexical"])
    for row in order:
        stream.add([rows[row]["text"]])
        if stream.refinement_due:
            stream.refine()
    seconds = time.process_time() - started
    _tell(say, "Online", rows, order, stream.groups)
    stream.refine()
    _tell(say, "After the last refinement", rows, order, stream.groups)
    say(f"Threshold {stream.threshold:.3f}, chosen from the items.")
    say(f"{len(rows) / max(seconds, 1e-9):.0f} items/s of processor time, one at a time.")
    _write(options["out"], dict(zip(order, stream.groups, strict=True)))


def _stream(*, lexical: bool) -> Stream:
    from clusters.embedding.dense import encoder
    from clusters.grouping.stream import Stream

    model = None if lexical else encoder()
    return Stream(model.embed if model else None)


def _tell(
    say: Say, title: str, rows: Sequence[Mapping[str, str]], order: Sequence[int], groups: list[int]
) -> None:
    """Rows without a label count in no figure."""
    known = [(rows[row].get("label", ""), group) for row, group in zip(order, groups, strict=True)]
    known = [(label, group) for label, group in known if label]
    say(f"{title}: {len(rows)} items in {len(set(groups))} groups")
    if known:
        labels, found = zip(*known, strict=True)
        say(f"  {agreement(labels, found)} ({len(known)} labelled items)")


def _write(path: Path, groups: Mapping[int, int]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["row", "group"])
            writer.writerows(sorted(groups.items()))
    except OSError as error:
        raise ScoringError(f"{path} cannot be written: {error}.") from error
