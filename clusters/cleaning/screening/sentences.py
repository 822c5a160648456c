"""What the sentences of a folded text are about: their concepts, and which of them are orders."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from clusters.cleaning.screening.concepts import CONCEPTS, SPELT

_MOST = 400  # sentences of one text
_LONGEST = 400  # characters of one sentence
_END = re.compile(r"[¶\n;\u3001]|[\u3002\uff01\uff1f]|(?<=\w)\? ")
_TOKEN = re.compile(
    r"@url|@addr|\|\| true|[\w.$~/@<\[-]*[\w>\]]+(?:'\w+)?:?|[,:(\"'`>*\u2013\u2014-]"
)
_NUMBERED = re.compile(r"^\W{0,4}\d{1,2}[.)]\s")
_URL = re.compile(r"https?://[^\s<>\"')\]]+")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_QUOTED = re.compile(r"\"[^\"\n]{1,200}\"|`[^`\n]{1,200}`|(?<!\w)'[^'\n]{2,200}'(?!\w)")
# "GRANT ALL ON x TO y; is missing": a statement of SQL is what the sentence is about.
_STATEMENT = re.compile(
    r"\b(?:grant|alter|drop|create|insert into|delete from|truncate|revoke|update)\b[^;¶\n]{1,120}; ?(?=(?:is|was|are|fails|does|gives|returns)\b)"
)
# What somebody types to break a statement: "name='; DROP TABLE users".
_PAYLOAD = re.compile(
    r"['\"]\)?; ?(?:drop|delete|update|insert|truncate|alter|exec|shutdown|select)\b[^¶\n]{0,80}"
)
_MARK = frozenset(",:(\"'`>*\u2013\u2014-")
# After these, a verb is an order.
_LEADS = frozenset(
    (  # noqa: SIM905
        "please kindly also then now just and or simply immediately must shall should instead so "
        "always finally first second third next afterwards you pls bitte pfavor well quietly "
        "secretly silently everywhere could to"
    ).split()
)
# "Delete the database entry" is about an entry.
_PARTS = frozenset(["entry", "entries", "row", "rows", "record", "button", "field", "page"])
_SECRET_NAME = re.compile(
    r"\b[\w.]{0,40}(?:secret|token|passw(?:or)?d|api_?key|private_?key)s?[._]\w|\$\{\{ ?secrets|\b\w{1,40}_(?:token|secret|password|key)\b"
    r"|\bcredentials?\.\w{2,5}\b|~/\.\w+|/\.(?:ssh|aws|config|kube)\b|\bid_(?:rsa|ed25519)\b"
)
# A verb before one of these is a noun: "Delete button", "Print view".
_NAMED = frozenset(
    (  # noqa: SIM905
        "button icon dialog menu link view page key field option notification request error "
        "message failure is are was does has did and of tab column list form function action "
        "event method command flag endpoint api rights mode"
    ).split()
)
_LITTLE = frozenset(["is", "are", "was", "does", "has", "did", "and", "of"])
_TO = frozenset(
    ["you", "sure", "agent", "bot", "ai", "assistant", "remember", "required", "has", "is", "are"]
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """`means`: its concepts; `orders`: those whose verb stands as an order."""

    text: str
    means: frozenset[str]
    orders: frozenset[str]


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a folded text, without what is quoted in them to be talked about."""
    text = _PAYLOAD.sub(" it ", text)
    text = _STATEMENT.sub(lambda code: code[0].replace(";", ""), text)
    whole = _QUOTED.sub(lambda quote: quote[0].replace(";", ",").replace("¶", ","), text)
    for part in _END.split(whole)[:_MOST]:
        for start in range(0, len(part), _LONGEST):
            plain = part[start : start + _LONGEST].strip()
            if len(plain) > 1:
                yield _read(plain)


def _read(text: str) -> Sentence:
    """Reports quote what a page says and name commands, without meaning it.

    What stands in code says what an order is about, and is none by itself.
    """
    if not _QUOTED.search(text):
        return _understood(text)
    said = _understood(_QUOTED.sub(lambda quote: _unless_named(text, quote), text))
    if not said.orders:
        return said
    code = " ".join(quote[0].strip("`") for quote in _QUOTED.finditer(text) if quote[0][0] == "`")
    return Sentence(text, said.means | _understood(code).means - {"wrong"}, said.orders)


def _unless_named(text: str, quote: re.Match[str]) -> str:
    before, after = text[max(0, quote.start() - 60) : quote.start()], text[quote.end() :]
    if quote[0][0] == "`":
        return " it "
    return " it " if _tells(f"{before} {after[:40]}") else quote[0]


@lru_cache(maxsize=256)
def _tells(around: str) -> bool:
    """Whether words tell of something; a text of nothing but quotes asks the same each time."""
    return "told_of" in _understood(around).means


def _understood(text: str) -> Sentence:
    seen = _NUMBERED.sub("", text)
    seen = _ADDRESS.sub(" @addr ", _URL.sub(" @url ", seen))
    tokens = [token.rstrip(":.") or token for token in _words(seen)]
    stems = [_stem(token) for token in tokens]
    phrases = _phrases()
    means: set[str] = set()
    orders: set[str] = set()
    for place, first in enumerate(stems):
        for rest, names in phrases.get(first, ()):
            if tuple(stems[place + 1 : place + 1 + len(rest)]) != rest:
                continue
            if rest and _PARTS.intersection(tokens[place + 1 + len(rest) : place + 2 + len(rest)]):
                continue
            means |= names
            if _is_plain(tokens[place]) and _is_order(tokens, place, place + 1 + len(rest)):
                orders |= names
    if _SECRET_NAME.search(text):
        means |= {"secret", "jewels"}
    if not text.isascii():
        spelt = {name for name, listed in SPELT.items() if any(one in text for one in listed)}
        means |= spelt
        orders |= spelt
    return Sentence(text, frozenset(means), frozenset(orders))


def _words(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        word = match[0]
        yield word.rstrip(":") or word
        if len(word) > 1 and word.endswith(":"):
            yield ":"


def _is_order(tokens: list[str], place: int, end: int) -> bool:
    following = tokens[end] if end < len(tokens) else ""
    if following in _NAMED and (end == place + 1 or following not in _LITTLE):
        return False
    if place == 0:
        return True
    before = tokens[place - 1]
    if before == "to":
        return place > 1 and tokens[place - 2] in _TO
    return before in _MARK or before in _LEADS


def _is_plain(verb: str) -> bool:
    """Nobody orders with "deleting", "deleted" or "deletes"."""
    if verb.endswith(("ing", "ed")):
        return len(verb) < 5 or verb in {"embed", "proceed"}
    return not verb.endswith("s") or verb.endswith("ss")


def _stem(word: str) -> str:
    """Without the usual endings; the same for what the lists hold and for what a text has."""
    if len(word) < 5 or not (word.isascii() and word.isalpha()) or word == "missing":
        return word
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    word = word.removesuffix("e")
    doubled = len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl"
    return word[:-1] if doubled else word


@cache
def _phrases() -> Mapping[str, tuple[tuple[tuple[str, ...], frozenset[str]], ...]]:
    """By their first word: the other words of a phrase, and what it means."""
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for name, listed in CONCEPTS.items():
        for phrase in listed.split(","):
            stems = tuple(_stem(token) for token in _words(phrase.strip()))
            if stems:
                found[stems].add(name)
    by_first: dict[str, list[tuple[tuple[str, ...], frozenset[str]]]] = defaultdict(list)
    for stems, names in found.items():
        by_first[stems[0]].append((stems[1:], frozenset(names)))
    return {first: tuple(rest) for first, rest in by_first.items()}
