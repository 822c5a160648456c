"""What is asked of whoever fixes a report, beyond the defect: who is asked, what to do, to what.

A pattern is a mood (an order, a duty, a condition on the fix) with a deed and a thing, so that a
wording nobody has seen is found by its parts. What a program does is told in another mood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from clusters.cleaning.base import Flag, excerpt
from clusters.cleaning.screening.demands import DEMANDS, Demand
from clusters.cleaning.screening.telling import is_told
from clusters.cleaning.screening.words import AGENT

_MOST = 400  # sentences of one text
_LONGEST = 500  # characters of one sentence
_END = re.compile(r"[¶\n]")
_QUOTED = re.compile(r"\"[^\"\n]{1,200}\"|(?<!\w)'[^'\n]{2,200}'(?!\w)")

_FIX = r"(?:fix|change|patch|solution|pr|pull request|merge request|commit|ticket|issue|bug|task|work|report|plan|branch|correction|repair)"
_FIXER = rf"(?:whoever|anyone who|(?:the |this |your |our |any |each |every )?(?:{AGENT}|fixer|implementer|developer|engineer|contributor|assignee|reviewer|maintainer|resolver|committer|automation|person))"
# Words that only somebody who makes the change is told.
MEANT = re.compile(
    rf"\b(?:to|before|after|when|while|for|by|in|once|on) (?:you (?:\w{{1,12}} )?)?(?:close|closing|resolve|resolving|fix|fixing|fixed|reproduce|reproducing|solve|solving|verify|verifying|implement|implementing|work on|working on|works on|handling|address|addressing|merge|merging|finish|finishing|the fix|your fix|this fix|the patch|the same (?:commit|pr|change|patch|go))\b"
    rf"|\bas part of\b|\bbefore (?:the|each|every) (?:build|fix|tests?)\b|\bwhile (?:you|at it|there|doing)|\bwhen (?:done|finished|you)\b|\bonce (?:done|you)\b|\balong with the fix|\b(?:your|the|this|a) (?:fix|pr|pull request|merge request|patch|commit message|commit)\b|\bwhoever\b|\byour (?:sandbox|shell|terminal|tools?|workspace|environment)\b"
    rf"|\b{AGENT}\b|\b(?:implementer|fixer|assignee)\b|\bnobody (?:will|checks?|looks?|reads?|needs?)\b|\bno one (?:will|checks?|looks?|reads?)\b|\b(?:don't|do not|without|no need to) (?:mention\w*|tell\w*|ask\w*)\b"
)
# After one of these a verb in its plain form is an order.
_LEAD = (
    r"(?:^\W{0,6}(?:(?:in|on|to|for|from|at|inside|within) (?:the |your |this |our )?(?:[^\s,]{1,40},? ){1,2})?|[,:;(\u2013\u2014]\s{0,3}|- {1,3}|\b(?:please|pls|kindly|just|simply|also|then|next|instead|first|finally|and|or|but|so|now|afterwards|quietly|silently|quickly"
    r"|(?:must|should|shall|will|can|could|would|may)(?: you| it| they| we| someone| somebody)?|(?:need|needs|have|has|want|wants|like|ought|expected|required|asked|told|allowed|authori[sz]ed|sure|remember|necessary|enough|supposed|fine|ok|okay|safe|acceptable|permitted|preferable|is|are|forget|better|best|easiest|free|order|important|sufficient|way|bot|agent|you) to"
    r"|(?:have|let|make|get) (?:the |your |this |our )?(?:[\w-]{1,15} ){0,2}[\w-]{1,15}|let's|i'd|(?:could|can|would|should|may|might|will) (?:the |your |this |an? )?(?:"
    rf"{AGENT}|someone|somebody|fixer|implementer)"
    r")\s)(?:please |also |just |simply |kindly |then |first |now |always |quickly |silently |quietly )?"
)
_CONDITION = re.compile(
    rf"\b(?:every|each) (?:\w{{1,12}} )?{_FIX} (?:also|always|must|should|needs)\b|\bfor this {_FIX}\b|\b(?:the|this|your|any|a|that) (?:{_FIX})\b[^¶]{{0,40}}?\b(?:only|not|never|cannot|can't|won't|requires?|needs?|includes?|consists?|unless|must|should|has to|complete|accepted|acceptable)\b"
    rf"|\b(?:requirement|condition|acceptance criteri\w{{1,2}}|definition of done|done when|prerequisite)\b"
    rf"|\b(?:only|not) (?:be )?(?:accepted|closed|merged|complete|done|resolved|finished|count\w*)\b|\b(?:wir[dk]|to) (?:close|resolve|fix|solve) (?:this|it|the (?:bug|issue|ticket))\b"
)


@cache
def _order(demand: Demand) -> re.Pattern[str]:
    return re.compile(rf"{_LEAD}(?:{demand.deed})\b[^¶]{{0,{demand.near}}}?(?:{demand.thing})")


@cache
def _named(demand: Demand) -> re.Pattern[str]:
    """A duty of somebody who is named: "the fixer should", "whoever takes this needs to"."""
    return re.compile(
        rf"\b(?:make sure|ensure|see to it|insist|expect|require|i want)(?: that)? {_FIXER} (?:\w{{1,12}} )?(?:{demand.deed})(?:e?s)?\b[^¶]{{0,{demand.near}}}?(?:{demand.thing})"
        rf"|\b{_FIXER}\b[^¶]{{0,60}}?\b(?:must|should|shall|has to|have to|needs? to|is to|can|may|will|could|please|ought to)\b[^¶]{{0,30}}?\b(?:{demand.deed})\b[^¶]{{0,{demand.near}}}?(?:{demand.thing})"
    )


@cache
def _state(demand: Demand) -> re.Pattern[str]:
    """A state that is to be reached: "the scan is removed"."""
    return re.compile(rf"(?:{demand.thing})[^¶]{{0,40}}?\b(?:{demand.state})\b")


@cache
def _thing(demand: Demand) -> re.Pattern[str]:
    return re.compile(demand.thing)


def requests(text: str) -> Iterator[Flag]:
    """The first flag of each reason in a folded text."""
    told: set[str] = set()
    for said in _sentences(text):
        meant = bool(MEANT.search(said))
        for demand in DEMANDS:
            if demand.reason in told or not any(need in said for need in demand.needs):
                continue
            if found := _asks(said, demand, meant=meant):
                told.add(demand.reason)
                yield Flag(demand.kind, demand.reason, excerpt(found))


def _sentences(text: str) -> Iterator[str]:
    """Without what is quoted, which is what a program says or is told."""
    for part in _END.split(text)[:_MOST]:
        said = _QUOTED.sub(" it ", part[:_LONGEST]).strip(" *_#>")
        if len(said) > 10:
            yield said


def _asks(said: str, demand: Demand, *, meant: bool) -> str:
    """What asks for it; empty where nothing does."""
    if not _thing(demand).search(said):
        return ""
    for match in _order(demand).finditer(said):
        if (meant or not demand.meant) and not is_told(said, match.start(), match.end()):
            return match[0]
    named = _named(demand).search(said)
    if named and not is_told(said, named.start(), named.end()):
        return named[0]
    if demand.state and _CONDITION.search(said):
        found = _state(demand).search(said)
        return found[0] if found and not is_told(said, found.start(), found.end()) else ""
    return ""
