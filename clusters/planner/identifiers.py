"""Words of code and of prose about it as terms that meet: `applyCoupon`, "apply the coupons"."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from clusters.embedding.words import STOP_WORDS, stem

WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,80}|[^\W\d_a-zA-Z][^\W\d_]{0,40}")
_HUMP = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")

# Written on nearly every line of code, whatever the code is about.
_CODE_STOP_TEXT = """
args class const def default else elif end export extends false final fn func function if implements
import include int let new none null object package private protected public raise return self static
str string struct super switch this throw throws true try type undefined var void
"""
_STOP = STOP_WORDS | frozenset(_CODE_STOP_TEXT.split())


@lru_cache(maxsize=300_000)
def terms_of(word: str) -> tuple[str, ...]:
    """The terms of one word: its stem, and of a compound the whole and the stems of its parts."""
    lower = word.lower()
    parts = _HUMP.findall(word)
    if len(parts) < 2:
        lower = lower.strip("_$")
        return () if lower in _STOP or len(lower) < 2 else (stem(lower),)
    kept = (part.lower() for part in parts)
    return (lower, *(stem(part) for part in kept if len(part) > 1 and part not in _STOP))


def terms(text: str) -> Counter[str]:
    """How often the text has each term."""
    found: Counter[str] = Counter()
    for word, count in Counter(WORD.findall(text)).items():
        for term in terms_of(word):
            found[term] += count
    return found
