"""Words of prose: split, without those that say nothing, cut to their stem."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_VOWEL = re.compile("[aeiouy]")

# What carries no meaning, and what every report contains.
_STOP_TEXT = """
a about above after again all also although always am an and any anyone are aren't as at be
because been before being below between both but by came can can't cannot could couldn't did
didn't do does doesn't doing don't done down during each either else even ever every for from
further get gets getting go goes going gone got had hadn't happen happened happening happens has
hasn't have haven't having he hello help her here hers hey hi him his how however i i'd i'll i'm
i've if in instead into is isn't it it's its itself just keep keeps kind like lot made make makes
making many may maybe me might more most much must my myself need needs never no nor not now
of off on once one only onto or other our ours out over own please quite really same say says
see seem seems she should shouldn't since so some somehow something still such sure take than
thank thanks that that's the their them then there there's these they they're thing things this
those though through time times to today too tried tries try trying two under until up upon us
use used using very via want wants was wasn't way we we're we've well went were weren't what
when whenever where whether which while who whole why will with without won't would wouldn't
yesterday yet you your yours
app application bug bugs expected issue issues problem problems report user users version work
working works
"""
STOP_WORDS = frozenset(_STOP_TEXT.split())


def words(text: str) -> list[str]:
    """The telling words of a text in order, lower case, as stems."""
    found = (word.replace("\u2019", "'") for word in _WORD.findall(text.lower()))
    return [stem(word) for word in found if word not in STOP_WORDS and _tells(word)]


def _tells(word: str) -> bool:
    return 1 < len(word) <= 40 and not word.isdigit()


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The word without plural, -ed, -ing and -ly, so that its forms meet.

    A stem need not be a word: `charge`, `charges` and `charging` are all `charg`.
    """
    word = word.split("'", 1)[0]
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for suffix, shortest in (("ing", 3), ("edly", 3), ("ed", 3), ("ly", 4)):
        rest = word.removesuffix(suffix)
        if rest != word and len(rest) >= shortest and _VOWEL.search(rest):
            word = _undouble(rest)
            break
    return word.removesuffix("e") if len(word) > 3 else word


def _undouble(word: str) -> str:
    # shipp(ing) -> ship, but fall(ing), pass(ed) and buzz(ing) keep both letters.
    return word[:-1] if word[-1] == word[-2] and word[-1] not in "lsz" else word


def spelled(text: str) -> dict[str, str]:
    """Stem -> the word as the text first spells it, lower case."""
    found: dict[str, str] = {}
    for word in _WORD.findall(text.lower()):
        for key in words(word):
            found.setdefault(key, word)
    return found
