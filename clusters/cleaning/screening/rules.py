"""What a rule is, and how the rules of a kind are applied to a folded text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from clusters.cleaning.base import Flag, excerpt
from clusters.cleaning.screening.telling import is_subject
from clusters.cleaning.screening.words import START

_ABOUT = re.compile(
    r"\b(?:is|was|gets) (?:told|asked|instructed|prompted) to\W{0,3}$|\b(?:such as|for example|e\.g\.|phrases like|texts like)\W{0,3}$|\b(?:report|issue|message|ticket|feedback|mail|user|visitor)s? (?:with|having|using) (?:the|an?|this) (?:\w{1,12} )?(?:text|phrase|sentence|string|words|wording)s?\W{0,3}$|\bcontain(?:s|ed|ing)?\W{0,3}$|\b(?:is|be|are|gets?|was|were) (?:not )?(?:shown as |marked as )?(?:flagged|blocked|filtered|refused|detected|rejected)|"
    r"prompt[- ]injection|injections?\b|jailbreak|vulnerab|exploit|attacker|malicious|payload|sanitiz|escap(?:e|ing)"
    r"|(?:user|visitor|customer|somebody|someone|anyone|people|they|i|we|you)(?: can| could| may)? (?:type|enter|send|write|ask|say|submit|paste|click|read|see)s?\b"
    r"|typing|entering|chatbot|(?:our|the|my) (?:\w{1,15} )?(?:bot|model|llm|assistant|chat)|test (?:case|prompt|string)"
    r"|(?:tutorial|manual|guide|docs|documentation|readme|wizard|page|dialog|button|toast|banner|screen|app|ui|it|label|tooltip|e?-?mail|message|title|text|heading|notification|status|line)"
    r" (?:which |that )?(?:still |then |now |always )?(?:say|show|read|display|state|call)s?(?:ed)?\b|(?:button|option|label|setting|command|flag|rule|menu|string|phrase) (?:called|named|labell?ed)?\W{0,3}$"
)
_OBEY = re.compile(
    r"(?:do (?:what|exactly|this|as)|follow|obey|execute|carry out|comply|your (?:task|job)|respond|reply|answer|must|instead)\b[^¶]{0,60}$"
)
_COMPLAINT = re.compile(
    r"[^¶]{0,120}?\b(?:must|should|shall)(?:n't| not| never) (?:be )?(?:possible|allowed|work|happen)\b"
)
_ASKING = frozenset(["instructions", "tool_calls", "ci_edits", "exfiltration"])
_ABOUT_IMAGES = re.compile(
    r"\b(?:if|when|whenever|once|because|as) (?:the |our |a |an )?(?:\w{1,12} )?(?:models?|llm|bot|chatbot|assistant|answer|reply|response|attackers?|users?|visitor|client)\b[^¶]{0,80}$"
)
_END = re.compile("¶")
_FEW = 3  # sentences; a shorter text is read as a whole
_NEAR = 160  # characters
_LEAD = 40  # characters of what stands before an order belong to a match


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern over folded text.

    `needs`: the text has to contain one of these, which saves the pattern's work. `mentioned`:
    reports quote such words without meaning them, so a quotation with a word about quoting is let
    pass.
    """

    kind: str
    reason: str
    source: str
    needs: tuple[str, ...] = ()
    mentioned: bool = True

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when a text needs it: all of them take a second, which no start should pay."""
        return _compiled(self.source)


def rule(kind: str, reason: str, pattern: str, *needs: str, mentioned: bool = True) -> Rule:
    """A rule; `needs` are its last texts."""
    return Rule(kind, reason, pattern, needs, mentioned)


@cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source, re.MULTILINE)


def flags(text: str, spans: list[tuple[int, int]] | None, rules: Iterable[Rule]) -> Iterator[Flag]:
    """The first flag of each rule that hits.

    `spans`: where the text quotes; None where it was encoded, as nobody talks about things so.
    """
    ends = _sentence_ends(text)
    for one in rules:
        for match in _matches(one, text, ends):
            if spans is None or not _is_talk(one, text, match, spans):
                yield Flag(one.kind, one.reason, excerpt(match[0].replace("¶", ". ").strip()))
                break


def _sentence_ends(text: str) -> list[int]:
    return [*(match.end() for match in _END.finditer(text)), len(text)]


def _matches(one: Rule, text: str, ends: list[int]) -> Iterator[re.Match[str]]:
    """Where a rule hits: looked for only in sentences that have what it needs."""
    needed = [need for need in one.needs if need in text]
    if one.needs and not needed:
        return
    if not needed or len(ends) < _FEW or not _stays(one.source):
        yield from one.pattern.finditer(text)
        return
    start = 0
    for end in ends:
        if any(text.find(need, start, end) >= 0 for need in needed):
            yield from one.pattern.finditer(text, max(0, start - 1), end)
        start = end


@cache
def _stays(source: str) -> bool:
    """Whether a pattern cannot leave the sentence it begins in."""
    rest = source.replace("[^¶", "").replace(START, "")
    return not any(leaves in rest for leaves in ("¶", "[^", r"\n", r"\S", "$"))


def _is_talk(one: Rule, text: str, match: re.Match[str], spans: list[tuple[int, int]]) -> bool:
    """Whether a report tells this instead of asking for it."""
    if one.mentioned and one.kind in _ASKING and is_subject(text, match.start()):
        return True
    if one.kind == "image_exfiltration" and _ABOUT_IMAGES.search(text, 0, match.start()):
        return True
    return one.mentioned and _is_mention(text, match, spans)


def _is_mention(text: str, match: re.Match[str], spans: list[tuple[int, int]]) -> bool:
    """Whether the words are talked about: quoted, by a sentence about input or a page."""
    if _COMPLAINT.match(text, match.end()):
        return True
    for start, end in spans:
        if start - _LEAD <= match.start() and start < match.end() <= end + 1:
            before = text[max(0, start - _NEAR) : start]
            after = text[end : end + _NEAR]
            about = _ABOUT.search(before) or _ABOUT.search(after)
            return bool(about and not _OBEY.search(before))
    return False
