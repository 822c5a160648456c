"""The evidence in plain sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from clusters.planner.base import Evidence
from clusters.planner.clues import Clues
from clusters.planner.identifiers import WORD, terms_of
from clusters.planner.ranking import Ranked

_IDS = 4
_WORDS = 4
_TELLING = 0.5  # of the best word score of all tests


def items_text(ids: Sequence[int]) -> str:
    """`item 3`, `items 3 and 5`, `items 3, 5, 7, 8 and 2 more`."""
    shown = [str(number) for number in sorted(ids)]
    if len(shown) == 1:
        return f"item {shown[0]}"
    if len(shown) > _IDS + 1:
        return f"items {', '.join(shown[:_IDS])} and {len(shown) - _IDS} more"
    return f"items {', '.join(shown[:-1])} and {shown[-1]}"


def code_list(names: Iterable[str]) -> str:
    """The names in code marks, joined by commas."""
    return ", ".join(f"`{name}`" for name in names)


def quoted(text: str) -> str:
    """The text in quotation marks of its own, so that it reads as somebody's words."""
    return f"“{text.replace('“', '').replace('”', '')}”"


def _cover(ranked: Ranked) -> Iterator[str]:
    cover = ranked.cover
    if cover is None:
        return
    if cover.how == "named":
        yield f"named after `{cover.path}`"
    elif cover.how == "imports":
        yield f"imports `{cover.name}` (`{cover.path}`)"
    else:
        yield f"uses `{cover.name}`, which `{cover.path}` defines"


def _tests(ranked: Ranked) -> Iterator[str]:
    if ranked.signals.tests >= _TELLING:
        yield f"the tests in `{ranked.signals.tested_by}`, which have its name, deal with such words"


class Wording:
    """Knows how the reporters spell words, and which of them are rare in the repository."""

    def __init__(self, items: Sequence[Evidence], clues: Clues, files: Sequence[Ranked]) -> None:
        self._clues = clues
        self._files = max(len(files), 1)
        self._having = Counter(term for one in files for term in one.signals.facts.words)
        self._spelling: dict[str, str] = {}
        for item in items[: clues.items]:
            for word in WORD.findall(f"{item.title} {item.body[:4_000]}"):
                for term in terms_of(word)[:1]:
                    plain = word.lower() if word.istitle() else word
                    self._spelling.setdefault(term, plain)

    def reason(self, ranked: Ranked) -> str:
        """Why a file is a candidate, the strongest evidence first."""
        parts = [
            *_cover(ranked),
            *self._trace(ranked),
            *self._names(ranked),
            *self._words(ranked),
            *_tests(ranked),
        ]
        text = "; ".join(parts) or "its path resembles the reports' words"
        return f"{text[:1].upper()}{text[1:]}."

    def shared_words(self, ranked: Ranked) -> list[str]:
        """The terms that a file has in common with most reports, the most telling first."""
        weights = {
            term: len(self._clues.word_items.get(term, ())) * self._rarity(term)
            for term in ranked.signals.facts.words
            if len(term) > 2
        }
        best = sorted(weights, key=lambda term: (-weights[term], term))
        return [term for term in best if weights[term] > 0][:_WORDS]

    def spell(self, words: Iterable[str]) -> list[str]:
        """The terms as the reporters write them."""
        return list(dict.fromkeys(self._spelling.get(word, word) for word in words))

    def _rarity(self, term: str) -> float:
        return math.log(1 + self._files / (1 + self._having[term]))

    def _trace(self, ranked: Ranked) -> Iterator[str]:
        trace = ranked.signals.trace
        if trace is None:
            return
        where = f"line {trace.line}" + (f", `{trace.function}`" if trace.function else "")
        does = "ends in a check in it" if ranked.signals.facts.raising else "passes through it"
        yield f"the stack trace of {items_text(ranked.signals.trace_items)} {does} ({where})"

    def _names(self, ranked: Ranked) -> Iterator[str]:
        signals = ranked.signals
        if signals.named_by:
            yield f"named in {items_text(signals.named_by)}"
        said = {**self._clues.title_names, **self._clues.names}
        defined = signals.facts.defined | signals.facts.title_defined
        names = sorted(defined, key=lambda name: (-len(said[name]), name))[:3]
        if names:
            ids = sorted({item for name in names for item in said[name]})
            yield f"defines {code_list(names)}, which {items_text(ids)} mention{'s' * (len(ids) == 1)}"
        for message in signals.facts.messages[:1]:
            ids = self._clues.messages[message]
            yield f"contains the message {quoted(message)} of {items_text(ids)}"

    def _words(self, ranked: Ranked) -> Iterator[str]:
        words = self.shared_words(ranked)
        ids = {item for word in words for item in self._clues.word_items[word]}
        if not ids:
            return
        total = self._clues.items
        count = f"{len(ids)} of {total} reports" if total > 1 else "the report"
        yield f"has the words {code_list(self.spell(words))} in common with {count}"
