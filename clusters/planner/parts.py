"""The best part of a file: what a long file says of many things says little of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from clusters.planner.bm25 import rarity, score, shares
from clusters.planner.clues import Clues
from clusters.planner.scan import parts
from clusters.planner.signals import Signals

LOOKED_INTO = 300  # files; the others have next to nothing in common with the reports
_USUAL = 150  # words of a part


def add_parts(found: Sequence[Signals], texts: Mapping[str, str], clues: Clues) -> None:
    """Look into the likeliest files for the part that the reports, and their titles, are about."""
    every = [signals.facts.words for signals in found]
    weights = [rarity(every, clues.words), rarity(every, clues.title_words)]
    likely = sorted(found, key=lambda signals: (-_first_sight(signals), signals.facts.path))
    likely = likely[:LOOKED_INTO]
    wanted: dict[str, tuple[str, ...]] = {}
    best = [_best(parts(texts[signals.facts.path], clues, wanted), weights) for signals in likely]
    columns = (shares([row[n] for row in best]) for n in range(len(weights)))
    for signals, part, title in zip(likely, *columns, strict=True):
        signals.part, signals.part_title = part, title


def _first_sight(signals: Signals) -> float:
    """Every signal counts once; documentation and the like come last."""
    said = signals.named + signals.symbols + signals.title_symbols + signals.frames
    about = signals.words + signals.title + signals.path_words + signals.defined_words
    return said + about if signals.facts.kind == "code" else -1.0


def _best(
    found: Iterable[tuple[Mapping[str, int], int]], weights: Sequence[Mapping[str, float]]
) -> list[float]:
    """The score of the best part by each of the weights."""
    best = [0.0] * len(weights)
    for terms, length in found:
        for number, rare in enumerate(weights):
            best[number] = max(best[number], score(terms, length / _USUAL, rare))
    return best
