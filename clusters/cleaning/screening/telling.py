"""How reports tell what happens, so that a verb in its plain form is no order."""

from __future__ import annotations

import re

_LONGEST = 200  # characters of a clause that are looked at
# What a thing does, after a subject that looks like an order: "Force push to main gives an error".
_DOES = re.compile(
    r"\b(?:gives|gave|shows|fail(?:s|ed)?(?![-_])|returns|says|throws|threw|raises|leads to|causes|results in|breaks|broke|takes|hangs|hung|produces|crash(?:es|ed)|freezes|stops|displays|loses|lost|appears|remains|stays|prints|asks|opens|ends"
    r"|does(?:n't| not| nothing)|do(?:n't| not) (?:work|show|appear|get|have|apply|exist)|cannot|can't|could not|couldn't|isn't|is (?:not|ignored|shown|lost|missing|broken|slow|wrong|too|greyed|gone|still|no longer|never|always|hidden|empty|disabled|confusing|misleading|misaligned|unclear|rejected|possible)|has no effect|works|are (?:not|ignored|shown|lost|missing|still|gone))\b"
)
# What is added does something: "add a page that shows ...".
_RELATIVE = re.compile(r"\b(?:that|which|who|whose)\b.*")
# To these somebody speaks: they are no subject of a report.
_SPOKEN = re.compile(r"(?:you|your|i|we|please|kindly|do not|don't|never|make sure)\b")
# "Release workflow": what looks like a verb is the first word of a name.
_COMPOUND = re.compile(
    r"\W{0,4}[a-z]{3,12} (?:workflow|job|button|pipeline|bot|page|dialog|action|step|notes?|endpoint|hook|queue|train|icon|menu|link|form|modal|screen|event|log)s?\b"
)
_JOINS = re.compile(
    r"[,;:()\u2013\u2014]| - |\b(?:as|because|since|that|which|who|when|if|until|unless|and|so|it|they|while|otherwise|for|where|whatever|even|what|although|but)\b"
)
_WISH = re.compile(
    r"\b(?:an? (?:\w{1,12} )?(?:option|setting|flag|button|checkbox|switch|toggle|way|possibility|preference|shortcut|menu|parameter|warning|dialog|confirmation)|option to|support for|would be (?:nice|great|good|helpful|useful)|feature request|as an? (?:user|admin\w*|customer|editor|developer|maintainer|owner|operator|manager|team)\b|by default|in the (?:ui|settings|docs|documentation|dashboard|app|menu|sidebar|header|dialog|toolbar)|per (?:project|user|team|workspace)|users? (?:can|could|should|may|must|to)|our users|customers?|(?:is|are) (?:skipped|ignored|disabled|bypassed|removed|deleted) (?:when|if|on|in|by|although|even|because|for|after|without)|should be able|unable to|how (?:do|can|to)|is there|why (?:does|do|is|are)|i (?:get|see|got|have to|tried|try|can|cannot|can't|was|expected|had|noticed|click\w*|think|open|run|ran|use|set|want|need to)|when i|after i|if i|if you|we (?:can|could|noticed|found|have to|see|saw|get|got|had|should)|attacker|an? (?:user|visitor|guest|admin|member|reader|stranger|tester|customer)|anyone can|anybody|docs?|documentation|readme says|tooltip|label)\b"
)


def is_told(said: str, start: int, end: int) -> bool:
    """Whether the clause from `start` reports or wishes something of a program."""
    clause_end = _JOINS.search(said, end)
    last = min(clause_end.start() if clause_end else len(said), end + _LONGEST)
    after = _RELATIVE.sub("", said[start:end]) + said[end:last]
    if _COMPOUND.match(said, start):
        return True
    if _DOES.search(after) or _WISH.search(after):
        return True
    before = said[max(0, start - 60) : start]
    return bool(_WISH.search(before))


def is_subject(text: str, start: int) -> bool:
    """Whether what begins like an order is what the sentence is about."""
    end = text.find("¶", start + 2)
    said = text[start : end if 0 <= end < start + _LONGEST else start + _LONGEST]
    said = said.lstrip(" :,;(-\n¶*")
    found = _DOES.search(said)
    if not found or _SPOKEN.match(said):
        return False
    return not _JOINS.search(said, 0, found.start())
