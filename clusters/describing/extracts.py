"""A cluster's title and summary in its reporters' own words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from clusters.describing.base import Description, Quote, Report, shortened
from clusters.describing.prose import sentences_of, title_of
from clusters.embedding.base import Vector, cosine, sum_of
from clusters.embedding.tfidf import TfidfEmbedder
from clusters.ranking.sayings import is_defect

_READ = 120  # reports; more do not change what a cluster is about
_TEXT = 2_000  # characters of a report
_QUOTES = 3
_TELLING_WORDS = 3
_LONGEST_TITLE = 18  # words; a sentence of more is no title
_ALIKE = 0.6  # a sentence this close to one already quoted adds nothing
_SENTENCE_TITLE = 0.5  # how much less a sentence is worth than a title that somebody wrote
_NO_DEFECT_TITLE = 0.75  # of a title that tells of nothing that goes wrong
_NO_DEFECT = 0.6  # the same of a sentence that tells of nothing that goes wrong

_EXCEPTION = re.compile(r"(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:[a-z][A-Z]\w*|Error|Exception)\b: ?")
_TALE = re.compile(r"(?:i|we|my|our|same|also|this|it|to add|hey|as)\b", re.IGNORECASE)
_CODE_NAME = re.compile(r"[a-z0-9]_[a-z]|[a-z][A-Z]|\w\(\)")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A text that may become the title. `weight` is how good a title it makes, from 0 to 1."""

    text: str
    weight: float
    place: int


def describe(reports: Sequence[Report]) -> Description:
    """Title and summary; both empty for no reports.

    The title is what somebody wrote that is nearest to what all say. The summary is up to three
    sentences of different reports that differ from each other, so that they add up.
    """
    reports = reports[:_READ]
    if not reports:
        return Description("", "")
    prose = {report.id: sentences_of(report) for report in reports}
    quotes = _quotes(prose)
    return Description(
        title=shortened(_title(reports, prose)),
        summary=" ".join(f"“{quote.text}”" for quote in quotes),
        quotes=quotes,
    )


def most_telling(reports: Sequence[Report]) -> list[Report]:
    """The reports, the one that says best what all are about first."""
    texts = [f"{report.title}\n{report.body[:_TEXT]}" for report in reports]
    scores = _to_center(TfidfEmbedder().embed(texts))
    ranked = sorted(zip(scores, reports, strict=True), key=lambda pair: (-pair[0], pair[1].id))
    return [report for _, report in ranked]


def _title(reports: Sequence[Report], prose: dict[int, list[str]]) -> str:
    often = Counter(title_of(report.title).casefold() for report in reports)
    candidates = [*_titles(reports, often), *_sentences(reports, prose)]
    if not candidates:
        return title_of(reports[0].title) or reports[0].title
    bodies = [" ".join(prose[report.id]) for report in reports]
    own = [title_of(report.title) for report in reports]
    said = [f"{title} {body}" for title, body in zip(own, bodies, strict=True)]
    vectors = TfidfEmbedder().embed([*said, *(one.text for one in candidates)])
    center = _unit(sum_of(vectors[: len(said)]))
    scored = [
        (cosine(vector, center) * one.weight * _readable(one.text, len(vector)), -one.place, one)
        for one, vector in zip(candidates, vectors[len(said) :], strict=True)
    ]
    return max(scored, key=lambda entry: entry[:2])[2].text


def _titles(reports: Sequence[Report], often: Counter[str]) -> list[_Candidate]:
    """The titles that people wrote: neither the body's start, nor the question of a form."""
    found = []
    for place, report in enumerate(reports):
        title = title_of(report.title)
        start = " ".join(report.body[:200].split())
        made = bool(start) and start.startswith(report.title.rstrip("….")[:40])
        asked = title.endswith("?") and often[title.casefold()] > 1
        if title and not asked and not made:
            weight = 0.5 if _EXCEPTION.match(title) else 1.0
            weight *= 1.0 if is_defect(title) else _NO_DEFECT_TITLE
            found.append(_Candidate(title, weight, place))
    return found


def _sentences(reports: Sequence[Report], prose: dict[int, list[str]]) -> list[_Candidate]:
    found = []
    for place, report in enumerate(reports):
        for number, sentence in enumerate(prose[report.id][:3]):
            fits = len(sentence.split()) <= _LONGEST_TITLE and not _TALE.match(sentence)
            weight = (_SENTENCE_TITLE - 0.05 * number) * (1.0 if fits else 0.5)
            weight *= 1.0 if is_defect(sentence) else _NO_DEFECT
            found.append(_Candidate(title_of(sentence), weight, len(reports) + place))
    return found


def _readable(title: str, telling_words: int) -> float:
    """How good a title the words make, from 0 to 1, wherever they point.

    "Coupon problem" is very central and says nothing, and names of code speak to few people.
    """
    enough = min(1.0, telling_words / _TELLING_WORDS)
    if title.endswith("?") or title.isupper():
        enough *= 0.7
    return enough * 0.5 if _CODE_NAME.search(title) else enough


def _quotes(prose: dict[int, list[str]]) -> list[Quote]:
    """Each report's most central sentence, best first, those left out that repeat another."""
    found = [(item, sentence) for item, sentences in prose.items() for sentence in sentences]
    vectors = TfidfEmbedder().embed([sentence for _, sentence in found])
    scores = [
        score * (1.0 if is_defect(sentence) else _NO_DEFECT)
        for score, (_, sentence) in zip(_to_center(vectors), found, strict=True)
    ]
    best: dict[int, int] = {}
    for number in sorted(range(len(found)), key=lambda n: (-scores[n], n)):
        best.setdefault(found[number][0], number)
    kept: list[int] = []
    for number in best.values():
        if all(cosine(vectors[number], vectors[other]) < _ALIKE for other in kept):
            kept.append(number)
        if len(kept) == _QUOTES:
            break
    return [Quote(found[number][1], found[number][0]) for number in kept]


def _to_center(vectors: Sequence[Vector]) -> list[float]:
    center = _unit(sum_of(vectors)) if vectors else {}
    return [cosine(vector, center) for vector in vectors]


def _unit(vector: Vector) -> Vector:
    length = max(cosine(vector, vector) ** 0.5, 1e-9)
    return {feature: weight / length for feature, weight in vector.items()}
