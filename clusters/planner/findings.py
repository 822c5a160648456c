"""All that the sentences of an evidence plan are written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clusters.planner.base import ClusterEvidence, SourceFile
from clusters.planner.clues import Clues, read_clues
from clusters.planner.paths import GUIDES
from clusters.planner.places import Place, place_in
from clusters.planner.quotes import Example, Expectation, example, expectations
from clusters.planner.ranking import Ranked, rank
from clusters.planner.wording import Wording

FILES = 10
_TESTS = 5
_DOCS = 2
_EXPECTATIONS = 5
_PLACES = 5  # files in which a definition is looked up
_FITS = 0.5  # of the best word score of all files
_MUCH_WEAKER = 0.3  # of the best score; what is below is not shown


@dataclass(frozen=True, slots=True)
class Findings:
    """What the reports and the repository say about each other."""

    cluster: ClusterEvidence
    clues: Clues
    code: list[Ranked]
    docs: list[Ranked]  # documentation and configuration that may have to change
    guides: list[Ranked]  # documentation that says what is meant to happen
    tests: list[Ranked]
    places: Mapping[str, Place | None]
    wording: Wording
    expected: list[Expectation]
    example: Example | None
    texts: Mapping[str, str]

    @property
    def ids(self) -> list[int]:
        """The ids of the reports that were read."""
        return [item.id for item in self.cluster.items[: self.clues.items]]

    def where(self, ranked: Ranked) -> str:
        """The file, and the definition in it that the reports point at."""
        place = self.places.get(ranked.path)
        if place is None:
            return f"`{ranked.path}`"
        return f"`{place.name}` in `{ranked.path}` (line {place.line})"


def find(cluster: ClusterEvidence, files: Sequence[SourceFile]) -> Findings:
    """Read the reports, rank the files, look into the best ones."""
    clues = read_clues(cluster)
    every, tests = rank(files, clues)
    likely = _leading(every)
    code = [one for one in likely if one.signals.facts.kind == "code"][:FILES]
    texts = {file.path: file.text for file in files}
    return Findings(
        cluster=cluster,
        clues=clues,
        code=code,
        docs=[one for one in likely if one.signals.facts.kind != "code"][:_DOCS],
        guides=_guides(every),
        tests=_leading(tests)[:_TESTS],
        places={one.path: place_in(texts[one.path], one.signals, clues) for one in code[:_PLACES]},
        wording=Wording(cluster.items, clues, every),
        expected=expectations(cluster.items, _EXPECTATIONS),
        example=example(cluster.items),
        texts=texts,
    )


def _guides(every: Sequence[Ranked]) -> list[Ranked]:
    docs = [one.signals for one in every if one.signals.facts.kind == "docs"]
    fitting = [s for s in docs if s.named_by or s.words >= _FITS]
    fitting.sort(key=lambda s: (-len(s.named_by), -s.words, s.facts.path))
    return [Ranked(s.words, s) for s in fitting if s.facts.path.endswith(GUIDES)]


def _leading(ranked: Sequence[Ranked]) -> list[Ranked]:
    return [one for one in ranked if one.score >= ranked[0].score * _MUCH_WEAKER]
