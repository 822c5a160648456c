"""How bad it is for whom it happens to: from error levels, stack traces and words.

A single report that exaggerates does not decide: a level has to be told by a part of those read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from clusters.ranking.base import KEPT, SEVERITIES, Judged, Severity, Told, plural
from clusters.ranking.sayings import STACK, is_wish

_TELLING = 0.2  # the part of the reports that has to tell of a level, or of a worse one
_LEVELS = {"fatal": 3, "critical": 3, "error": 1, "warning": 1, "info": 0, "debug": 0}


@dataclass(frozen=True, slots=True)
class _Sign:
    """What reports speak of, and the level that this means."""

    level: int
    what: str
    words: re.Pattern[str]


def _sign(level: int, what: str, words: str) -> _Sign:
    return _Sign(level, what, re.compile(rf"\b(?:{words})", re.IGNORECASE))


_SIGNS = (
    _sign(3, "a security hole", r"vulnerab\w+|security (?:hole|issue|bug|flaw|risk|problem)|exploit(?:able|ed)?\b|xss\b|csrf\b|sql injection|remote code execution|account takeover|(?:leak(?:s|ed|ing)?|exposes?|exposed|reveal(?:s|ed)?) (?:\w+ ){0,3}(?:passwords?|tokens?|secrets?|keys?|credentials|personal|private|customer|user data)|(?:see|sees|saw|access|view|read) (?:another|other|someone else'?s?) (?:\w+ ){0,2}(?:user|customer|account|people|data|order|invoice)|passwords? (?:in|as) plain ?text|(?:without|bypass\w*|skips?) (?:authentication|authori[sz]ation|the login|login)"),
    _sign(3, "lost data", r"(?:data|work|files?|changes|progress|records?|messages?|notes?|history|everything) (?:\w+ ){0,3}(?:lost|gone|deleted|disappear\w*|vanish\w*|wiped|erased|overwritten|corrupt\w*)|(?:los(?:e|es|t|ing)|delet(?:ed|es)|wip(?:ed|es)|eras(?:ed|es)|corrupt(?:s|ed)|overwr(?:ites?|ote)) (?:all |my |our |the |of |user |users' |some )*(?:data|work|files?|changes|progress|records?|database|messages?|notes?|history|everything)|data ?loss|corrupted (?:\w+ )?(?:file|database|data)"),
    _sign(2, "wrong money", r"(?:charged|billed|paid|debited|invoiced) (?:\w+ ){0,3}(?:twice|double|again|wrong\w*|too much|for nothing)|(?:double|duplicate) (?:charge|payment|billing|order)\w*|overcharg\w+|(?:wrong|incorrect) (?:\w+ )?(?:price|total|amount|invoice|tax|balance|payment)|(?:discount|price|total|amount|sum|fee|tax)s? (?:is |are |was |were |comes? out )?(?:too (?:big|small|high|low|much|little)|wrong|off\b|incorrect)|too (?:much|big a|little|low a) (?:discount|price|money)|payment (?:\w+ )?(?:lost|fail\w*|declined)|refund"),
    _sign(2, "a crash", r"crash(?:es|ed|ing)?\b|seg(?:mentation )?fault|core dumped|panic(?:s|ked)?\b|out of memory|oom\b|freez(?:e|es|ing)|froze(?:n)?\b|hangs?\b|hanging|deadlock\w*|infinite loop|(?:blue|white|black) screen|force[- ]clos\w+"),
    _sign(2, "people who cannot work at all", r"(?:can ?not|can'?t|cannot|unable to|could ?n[o']t|no longer) (?:\w+ )?(?:log ?in|sign ?in|sign ?up|start|install|launch|pay|check ?out|boot|deploy|build|compile)|won'?t (?:start|launch|install|boot|build|compile)|(?:site|service|server|api|everything) (?:is |was |\w+ )?(?:down|broken)\b|(?:completely|totally) (?:down|broken|useless)|outage|unusable|(?:5\d\d|internal server) error|blocks? (?:us|our|me|the release|all)|blocker|show ?stopper"),
    _sign(1, "an error", r"errors?\b|exceptions?\b|fail(?:s|ed|ing|ure)?\b|broken|breaks?\b|bug\b|regress\w+|wrong\b|incorrect\w*|missing|does ?n[o']t work|not work\w*|stopped working|unexpected\w*|timed? ?out|slow\w*|no longer"),
    _sign(0, "something small", r"typos?\b|misspell\w*|spelling|misalign\w*|alignment|padding|margin|pixels?|colou?rs?\b|font|cosmetic|icon|tooltip|wording|grammar|minor\b|nitpick|nit\b"),
)  # fmt: skip
_DENIED = re.compile(
    r"(?:\b(?:no|not|never|without|isn'?t|doesn'?t|does not|didn'?t|don'?t|nothing|fixed|avoid\w*|prevent\w*|protect\w*)\b(?:\W+\w+){0,3}\W*)$",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\b(?:could|might|may|would|in theory|theoretically|potential\w*|possib\w+|if|suppose|imagine|afraid|risk of)\b[^.!?\n]{0,60}$",
    re.IGNORECASE,
)
_BEFORE = 80  # characters before a word that may deny it
_PLACES = 5  # of the same sign


@dataclass(frozen=True, slots=True)
class _Level:
    level: int
    what: str


def severity_of(reports: Sequence[Told]) -> Judged | None:
    """The level that enough of the reports tell of, with the reason; None for no reports."""
    if not reports:
        return None
    told = [_level_of(report) for report in reports]
    needed = max(1.0, _TELLING * len(told))
    level = next(n for n in (3, 2, 1, 0) if sum(one.level >= n for one in told) >= needed)
    return Judged(SEVERITIES[level], _sentence(SEVERITIES[level], level, told))


def _sentence(name: Severity, level: int, told: Sequence[_Level]) -> str:
    same = [one.what for one in told if one.level == level] or [
        one.what for one in told if one.level > level
    ]
    what = max(dict.fromkeys(same), key=same.count)
    count = same.count(what)
    if len(told) == 1:
        return f"{name.capitalize()}: the report tells of {what}."
    tell = "tells" if count == 1 else "tell"
    return f"{name.capitalize()}: {count} of {plural(len(told), 'report')} {tell} of {what}."


def _level_of(report: Told) -> _Level:
    text = report.text
    if is_wish(text):
        return _Level(0, "a wish")
    by_words = _by_words(text)
    told = _by_tracker(report)
    if told is not None and (by_words is None or by_words.level <= told.level):
        return told
    if by_words is not None and by_words.level > 0:
        return by_words
    if report.has_trace or STACK.search(text):
        return _Level(1, "an error")
    return by_words or _Level(1, "something that does not work as wanted")


def _by_tracker(report: Told) -> _Level | None:
    """The level that an error tracker gave it; what nobody handled ended somebody's work."""
    name = str(report.metadata.get("level", "")).lower()
    level = _LEVELS.get(name)
    if level is None:
        return None
    unhandled = str(report.metadata.get("handled", "")).lower() in {"no", "false"}
    worse = max(level, 2) if unhandled and level else level
    return _Level(worse, f"an event of the level “{name}”")


@lru_cache(maxsize=KEPT)
def _by_words(text: str) -> _Level | None:
    """The worst that is said; something small that is wrong is small."""
    found = [(sign, doubt) for sign in _SIGNS if (doubt := _doubt(sign, text)) is not None]
    if not found:
        return None
    sign, doubt = max(found, key=lambda one: one[0].level - one[1])
    if sign.level == 1 and any(other.level == 0 for other, _ in found):
        return _Level(0, _SIGNS[-1].what)
    return _Level(sign.level - doubt, sign.what)


def _doubt(sign: _Sign, text: str) -> int | None:
    """0: it is said; 1: it is only supposed; None: it is not said, or denied."""
    if sign.level < 2:
        return 0 if sign.words.search(text) else None
    doubts = []
    for place in islice(sign.words.finditer(text), _PLACES):
        before = text[max(0, place.start() - _BEFORE) : place.start()]
        if not _DENIED.search(before):
            doubts.append(1 if _SUPPOSED.search(before) else 0)
    return min(doubts, default=None)
