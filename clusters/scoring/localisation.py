"""Whether plans name the files that had to change: acc@1/5/10 beside plain BM25."""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from clusters.planner.base import SourceFile
from clusters.planner.bm25 import bm25
from clusters.planner.evidence import EvidencePlanner
from clusters.planner.findings import FILES
from clusters.planner.paths import kind_of
from clusters.scoring.base import Say, ScoringError, progress
from clusters.scoring.checkouts import source_files
from clusters.scoring.figures import figures
from clusters.scoring.instances import Instance, read_instances, with_checkout

_WORD = re.compile(r"\w+")
_Lists = dict[str, list[str]]  # instance id -> paths, best first


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Two inputs and where the lists go."""
    parser.add_argument(
        "instances",
        type=Path,
        help="JSON lines, also gzipped: instance_id, problem_statement, gold_files, repo.",
    )
    parser.add_argument(
        "sources", type=Path, help="A directory with a checkout for each instance, by its id."
    )
    parser.add_argument("out", type=Path, help="Where the lists are written as JSON lines.")


def run(options: Mapping[str, Any], say: Say) -> None:
    """Plan each issue that has a checkout, write the lists, tell the figures."""
    every = read_instances(options["instances"])
    chosen = with_checkout(every, options["sources"])
    plans: _Lists = {}
    plain: _Lists = {}
    known: set[str] = set()
    seconds = 0.0
    for number, one in enumerate(chosen, 1):
        files = source_files(options["sources"] / one.id)
        started = time.perf_counter()
        plans[one.id] = planned(one, files)
        seconds += time.perf_counter() - started
        plain[one.id] = by_plain_bm25(one, files)
        if one.gold and one.gold <= {file.path for file in files}:
            known.add(one.id)
        progress(f"{number} of {len(chosen)}: {one.id}, {len(files)} files")
    _write(options["out"], plans)
    say(f"{len(every)} instances, {len(chosen)} of them with a checkout.")
    for title, part in _parts(chosen, known):
        say(f"{title} ({len(part)} instances):")
        say(f"  plans       {_figures(part, plans)}")
        say(f"  plain BM25  {_figures(part, plain)}")
    say(f"A plan took {seconds / len(chosen):.2f} s on average, reading the checkout apart.")


def planned(instance: Instance, files: Sequence[SourceFile]) -> list[str]:
    """The files of the plan that the product writes without a model."""
    return [file.path for file in EvidencePlanner().draft(instance.cluster, files).files][:FILES]


def by_plain_bm25(instance: Instance, files: Sequence[SourceFile]) -> list[str]:
    """The files of code, tests left out, by BM25 over lower-case words and nothing else."""
    code = [file for file in files if kind_of(file.path) == "code"]
    query = Counter(_WORD.findall(instance.issue.lower()))
    counts = [Counter(_WORD.findall(file.text.lower())) for file in code]
    scores = bm25(counts, [sum(count.values()) for count in counts], query)
    order = sorted(zip(scores, code, strict=True), key=lambda pair: (-pair[0], pair[1].path))
    return [file.path for score, file in order[:FILES] if score > 0]


def _parts(chosen: Sequence[Instance], known: set[str]) -> Iterable[tuple[str, list[Instance]]]:
    with_gold = [one for one in chosen if one.gold]
    if with_gold:
        yield "Gold files that the checkout has", [one for one in with_gold if one.id in known]
    if len(known) < len(with_gold):
        yield "All that have a checkout", with_gold


def _figures(part: Sequence[Instance], lists: _Lists) -> str:
    return str(figures([(lists[one.id], one.gold) for one in part]))


def _write(path: Path, lists: _Lists) -> None:
    try:
        with path.open("w", encoding="utf-8") as file:
            for name, files in lists.items():
                file.write(json.dumps({"instance_id": name, "files": files}) + "\n")
    except OSError as error:
        raise ScoringError(f"{path} cannot be written: {error}.") from error
