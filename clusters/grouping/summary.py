"""A cluster's title and summary in its reporters' own words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clusters.embedding.base import Vector, cosine
from clusters.embedding.tfidf import TfidfEmbedder
from clusters.grouping.base import TEXT_LIMIT, Item
from clusters.grouping.linkage import sum_of

_READ = 200  # items; more do not change what a cluster is about
_TITLE_LIMIT = 120
_QUOTE_LIMIT = 220
_QUOTES = 3
_TELLING_WORDS = 3
_ALIKE = 0.6  # a sentence this close to one already quoted adds nothing

_PREFIX = re.compile(
    r"^(?:\s*(?:\[[^\]]{1,30}\]|(?:bug|issue|problem|re|fwd?|feature request|crash)\s*[:\-\u2013]))+\s*",
    re.IGNORECASE,
)
_EXCEPTION = re.compile(r"(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:[a-z][A-Z]\w*|Error|Exception): ")
_CODE_NAME = re.compile(r"[a-z0-9]_[a-z]|[a-z][A-Z]|\w\(\)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_MARKUP = " \t>#*+-|~="
# Lines of code, traces, tables and templates are no sentences to quote.
_NO_PROSE = re.compile(
    r"^[ \t]*(?:File \"|at \S+\(|Traceback|https?://\S+$|<!--|\{|\}|\[cut:)|[{};]$|::"
)


def describe(items: Sequence[Item]) -> tuple[str, str]:
    """Title and summary of a cluster with these items."""
    return title_of(items), summary_of(items)


def title_of(items: Sequence[Item]) -> str:
    """The title of the most central item, cleaned; empty for no items."""
    if not items:
        return ""
    title = _clean_title(_by_centrality(items[:_READ])[0].title)
    return title[: _TITLE_LIMIT - 1].rstrip() + "…" if len(title) > _TITLE_LIMIT else title


def summary_of(items: Sequence[Item]) -> str:
    """Up to three quoted sentences of different items, the most central first.

    The sentences differ from each other, so that they add up.
    """
    quotes = _different(_best_sentences(items[:_READ]))
    return " ".join(f"“{quote}”" for quote in quotes)


def most_telling(items: Sequence[Item]) -> list[Item]:
    """The items, the one that says best what all are about first."""
    return _by_centrality(items)


def _by_centrality(items: Sequence[Item]) -> list[Item]:
    # Titles are measured against what the bodies say: a form's question that stands over many
    # reports would otherwise be the most central title of all.
    texts = [item.body[:TEXT_LIMIT] or item.title for item in items]
    vectors = TfidfEmbedder().embed([*texts, *(_written_title(item) for item in items)])
    center = sum_of(vectors[: len(items)])
    bodies, titles = vectors[: len(items)], vectors[len(items) :]
    scores = [
        cosine(body, center) + cosine(title, center) * _readable(item.title, len(title))
        for item, body, title in zip(items, bodies, titles, strict=True)
    ]
    ranked = sorted(zip(scores, items, strict=True), key=lambda pair: (-pair[0], pair[1].id))
    return [item for _, item in ranked]


def _readable(title: str, telling_words: int) -> float:
    """How good a title the words make, from 0 to 1, wherever they point.

    "Coupon problem" is very central and says nothing, and names of code speak to few people.
    """
    enough = min(1.0, telling_words / _TELLING_WORDS)
    return enough * 0.5 if _CODE_NAME.search(title) else enough


def _written_title(item: Item) -> str:
    """The title if a person wrote it: neither the body's start nor an exception's name."""
    made = item.body.startswith(item.title[:40]) or _EXCEPTION.match(item.title)
    return "" if made else item.title


def _to_center(vectors: Sequence[Vector]) -> list[float]:
    center = sum_of(vectors)
    length = max(cosine(center, center) ** 0.5, 1e-9)
    return [cosine(vector, center) / length for vector in vectors]


def _clean_title(title: str) -> str:
    title = " ".join(_PREFIX.sub("", title).split()).strip(" .-:\u2013")
    first = title.split(" ", 1)[0]
    return title[:1].upper() + title[1:] if first.isalpha() and first.islower() else title


def _best_sentences(items: Sequence[Item]) -> list[tuple[str, Vector]]:
    """Each item's most central sentence, best first."""
    found = [(item, sentence) for item in items for sentence in _sentences(item)]
    if not found:
        return []
    vectors = TfidfEmbedder().embed([sentence for _, sentence in found])
    scores = _to_center(vectors)
    best: dict[int, int] = {}
    for number in sorted(range(len(found)), key=lambda n: (-scores[n], n)):
        best.setdefault(found[number][0].id, number)
    return [(found[number][1], vectors[number]) for number in best.values()]


def _different(sentences: Sequence[tuple[str, Vector]]) -> list[str]:
    kept: list[tuple[str, Vector]] = []
    for sentence, vector in sentences:
        if all(cosine(vector, other) < _ALIKE for _, other in kept):
            kept.append((sentence, vector))
        if len(kept) == _QUOTES:
            break
    return [sentence for sentence, _ in kept]


def _sentences(item: Item) -> list[str]:
    """The item's sentences of prose, at most 20; its title where the body has none."""
    lines = [line for line in item.text.split("\n")[1:] if not _NO_PROSE.search(line)]
    pieces = (piece.strip(_MARKUP) for piece in _SENTENCE_END.split("\n".join(lines)))
    prose = [piece for piece in pieces if len(piece.split()) > 3 and len(piece) <= _QUOTE_LIMIT]
    return prose[:20] or [_clean_title(item.title)[:_QUOTE_LIMIT]]
