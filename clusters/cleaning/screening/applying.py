"""All rules over a text as it was sent: as it reads, as it was before it was encoded, hidden parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from clusters.cleaning import unseen
from clusters.cleaning.base import Flag, excerpt
from clusters.cleaning.screening.actions import ACTIONS_RULES
from clusters.cleaning.screening.concealed import concealed
from clusters.cleaning.screening.decoding import decoded
from clusters.cleaning.screening.folding import folded, quoted
from clusters.cleaning.screening.foreign import FOREIGN_RULES
from clusters.cleaning.screening.foreign_requests import foreign_requests
from clusters.cleaning.screening.frames import FRAME_RULES
from clusters.cleaning.screening.orders import ORDERS_RULES
from clusters.cleaning.screening.persuading import PERSUADING_RULES
from clusters.cleaning.screening.requests import requests
from clusters.cleaning.screening.rules import flags
from clusters.cleaning.screening.together import CONCEALED_RULES, together
from clusters.cleaning.screening.words import ACTION, AGENT

_RULES = (*ORDERS_RULES, *ACTIONS_RULES, *FRAME_RULES, *FOREIGN_RULES, *PERSUADING_RULES)
_MOST = 12  # flags of one report
_SPREAD = {
    "URL encoding",
    "HTML entities",
    "escapes",
    "leet",
    "hyphens",
}  # leave what was plain as it was
_ORDER = re.compile(
    rf"^\W{{0,3}}(?:(?:please|now|you must|{AGENT})\W{{1,2}})?{ACTION}\s\S{{1,40}}\s\S",
    re.MULTILINE,
)
_DECODE = re.compile(
    r"\b(?:decode|decrypt|decipher|unscramble|un-?base64|reverse|translate from|turn (?:this|the|it|that)(?: \w{1,12}){0,2} (?:around|over|upside))\b[^¶]{0,60}¶?[^¶]{0,20}\b(?:follow|execute|run|do (?:what|as|it)|obey|carry out|act (?:on|accordingly)|apply|comply|translate|obeyed|followed|executed)\b"
)


def screen(text: str) -> list[Flag]:
    """What looks like an attack, each class and reason once, at most twelve."""
    unique: dict[tuple[str, str], Flag] = {}
    for flag in _flags(text):
        unique.setdefault((flag.kind, flag.reason), flag)
        if len(unique) == _MOST:
            break
    return list(unique.values())


def _flags(text: str) -> Iterator[Flag]:
    yield from concealed(text)
    seen, _ = unseen.take_out(text)
    plain = folded(seen)
    direct = [
        *flags(plain, quoted(plain), _RULES),
        *together(plain),
        *requests(plain),
        *foreign_requests(plain),
    ]
    yield from direct
    if match := _DECODE.search(plain):
        yield Flag("encoded", "It asks to decode a text and to follow it.", excerpt(match[0]))
    known = {flag.reason for flag in direct}
    for name, said in decoded(seen):
        yield from _encoded(name, said, known)


def _encoded(name: str, said: str, known: set[str]) -> Iterator[Flag]:
    """What was encoded was not meant for people: a plain order is enough where it stands alone."""
    text = folded(said)
    hits = chain(flags(text, None, _RULES), together(text, CONCEALED_RULES))
    found = next((flag for flag in hits if flag.reason not in known), None)
    alone = name.split(",")[-1].strip() not in _SPREAD | {"rot13", "reversed text"}
    order = _ORDER.search(text) if alone else None
    if found or order:
        about = found.excerpt if found else excerpt(text.replace("¶", ". "))
        yield Flag("encoded", f"An order is hidden by an encoding ({name}).", about)
