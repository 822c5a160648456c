"""The evidence in plain sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from clusters.embedding.words import spelled
from clusters.planner.base import Evidence
from clusters.planner.clues import Clues
from clusters.planner.identifiers import WORD, terms_of
from clusters.planner.ranking import Ranked

_IDS = 4
_WORDS = 4


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


class Wording:
    """Knows how the reporters spell words and how common these are in the repository."""

    def __init__(self, items: Sequence[Evidence], clues: Clues, files: Sequence[Ranked]) -> None:
        self.clues = clues
        self.reports = clues.items
        self.files = max(len(files), 1)
        self.having = Counter(term for one in files for term in one.signals.facts.words)
        self.spelling: dict[str, str] = {}
        for item in items[:60]:
            for word in WORD.findall(f"{item.title} {item.body[:4_000]}"):
                for term in terms_of(word)[:1]:
                    self.spelling.setdefault(term, word)
            for term, plain in spelled(item.title).items():
                self.spelling[term] = plain

    def reason(self, ranked: Ranked) -> str:
        """Why a file is a candidate, the strongest evidence first."""
        parts = [*self._trace(ranked), *self._names(ranked), *self._words(ranked)]
        text = "; ".join(parts) or "its path resembles the reports' words"
        return f"{text[:1].upper()}{text[1:]}."

    def shared_words(self, ranked: Ranked) -> list[str]:
        """The telling words that a file has in common with most reports."""
        weights = {
            term: len(self.clues.word_items.get(term, ())) * self._rarity(term)
            for term in ranked.signals.facts.words
        }
        best = sorted(weights, key=lambda term: (-weights[term], term))
        return [term for term in best if weights[term] > 0][:_WORDS]

    def spell(self, words: Iterable[str]) -> list[str]:
        """The stems as the reporters write them."""
        return [self.spelling.get(word, word) for word in words]

    def _rarity(self, term: str) -> float:
        return math.log(1 + self.files / (1 + self.having[term]))

    def _trace(self, ranked: Ranked) -> Iterable[str]:
        trace = ranked.signals.trace
        if trace is None:
            return
        where = f"line {trace.line}" + (f", `{trace.function}`" if trace.function else "")
        does = "ends in a check in it" if ranked.signals.facts.raising else "passes through it"
        yield f"the stack trace of {items_text(ranked.signals.trace_items)} {does} ({where})"

    def _names(self, ranked: Ranked) -> Iterable[str]:
        signals = ranked.signals
        if signals.named_by:
            yield f"named in {items_text(signals.named_by)}"
        names = sorted(signals.facts.defined, key=lambda n: (-len(self.clues.names[n]), n))[:3]
        if names:
            ids = {item for name in names for item in self.clues.names[name]}
            yield f"defines {code_list(names)}, as in {items_text(sorted(ids))}"
        for message in signals.facts.messages[:1]:
            yield f"contains the message {quoted(message)} of {items_text(self.clues.messages[message])}"

    def _words(self, ranked: Ranked) -> Iterable[str]:
        words = self.shared_words(ranked)
        ids = {item for word in words for item in self.clues.word_items.get(word, ())}
        if words and ids:
            count = f"{len(ids)} of {self.reports} reports" if self.reports > 1 else "the report"
            yield f"mentions {code_list(self.spell(words))}, as {count} do" if self.reports > 1 else (
                f"mentions {code_list(self.spell(words))}, as {count} does"
            )
