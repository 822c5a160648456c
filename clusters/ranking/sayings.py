"""What kinds of things people say: wishes, questions, praise, and the details of a defect."""

from __future__ import annotations

import re
from functools import lru_cache

from clusters.ranking.base import KEPT

STACK = re.compile(
    r"Traceback \(most recent|^\s+File \"[^\"\n]+\", line \d+|^\s+at [\w.$<>/]+[ (].{0,200}:\d+|\b[A-Z]\w*(?:Error|Exception)\b ?[:(]|\b[\w/.-]+\.\w{1,4}:\d+(?::\d+)? in \w|panicked at|goroutine \d+ \[",
    re.MULTILINE,
)
_WISH = re.compile(
    r"\b(?:would (?:be|have been) (?:\w+ ){0,2}(?:nice|great|good|cool|useful|helpful|awesome|lovely|handy|better)|it would help|feature[ -]?request|enhancement|please (?:add|support|implement|provide|allow|consider|make it possible)|(?:could|can) (?:you|we)(?: \w+)? (?:please )?(?:add|support|get|have|implement|make)|i(?:'d| would) (?:really )?(?:love|like|want|wish)\b|i wish\b|we(?:'d| would) (?:love|like)\b|add (?:an? |the )?(?:option|support|ability|way|setting|toggle|button|dark mode)|any plans? (?:to|for)|ability to|support for|suggestion:?|proposal:?|wishlist|missing feature|allow (?:users|us|me|people) to)",
    re.IGNORECASE,
)
_DEFECT = re.compile(
    r"\b(?:crash\w*|errors?|exceptions?|fail(?:s|ed|ing|ure)?|broken|breaks?|bugs?|regress\w+|wrong\w*|incorrect\w*|does ?n[o']t|do ?n[o']t|did ?n[o']t|won'?t|can'?t|cannot|can not|unable|stopped|stuck|hangs?|freez\w+|froze\w*|lost|gone|missing|disappear\w*|duplicate\w*|twice|slow\w*|timed? ?out|not \w+(?:ing|ed|shown|seen)|typos?|mistakes?|dead link|misspel\w*|never|nothing happens|leaks?|corrupt\w*|unexpected\w*|instead of|even though|no longer|overwr\w+|ignor(?:ed|es|ing)|vulnerab\w+|empty|blank|too (?:much|many|few|little|low|high|big|small|large|late|early|long|short|far)|should(?:n't| not)? (?:be|have|stack|show|get|not)|useless|annoy\w*|chok\w+|destroy\w*|shifted|cut(?:s|ting)? off|dropped|drops|not quoted|against|mess(?:es|ed) up|(?:hour|day|row|column|pixel|minute|week)s? (?:\w+ )?(?:late|early|off)|is off|are off|workaround|buggy)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"^\s*(?:how (?:do|can|to|does|should|would)|what (?:is|are|does|do|would)|where (?:is|are|can|do)|when (?:will|is)|which\b|who\b|is (?:there|it possible)|are there|does (?:it|this|anyone|anybody)|do you|can (?:i|you|someone|anyone|somebody)|could (?:i|someone|anyone)|why (?:is|does|do|are)|should i|has any)\b",
    re.IGNORECASE | re.MULTILINE,
)
_PRAISE = re.compile(
    r"\b(?:thank(?:s| you)|love (?:it|this|the)|great (?:app|work|job|tool|product|project)|awesome|amazing|excellent|fantastic|perfect|brilliant|lovely|exactly what|best (?:app|tool|thing)|keep (?:it )?up|well done|kudos|five stars|5 stars|good job|nice (?:work|app|job))\b",
    re.IGNORECASE,
)
_SPAM = re.compile(
    r"\b(?:buy (?:now|cheap)|cheap (?:viagra|pills|followers)|casino|viagra|crypto (?:giveaway|invest\w*)|free (?:money|followers|gift ?cards?)|earn (?:\$|money)|seo (?:services?|agency)|backlinks?|whats ?app (?:me|us|\+)|guest post|loan offer|click (?:here|this link) to (?:win|claim|earn)|100% (?:free|guaranteed)|make money (?:fast|online)|work from home|dear (?:sir|friend|beneficiary))",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?](?:\s|$)")
_AN_ANSWER = 4  # words
_LINK = re.compile(r"https?://\S+")


@lru_cache(maxsize=KEPT)
def is_wish(text: str) -> bool:
    """Whether the words of somebody who would like something new weigh more than a defect's."""
    wishes = len(_WISH.findall(text))
    return bool(wishes) and wishes * 2 > len(_DEFECT.findall(text)) and not STACK.search(text)


@lru_cache(maxsize=KEPT)
def is_defect(text: str) -> bool:
    """Whether something is said to go wrong."""
    return bool(_DEFECT.search(text) or STACK.search(text))


@lru_cache(maxsize=KEPT)
def is_question(title: str, body: str) -> bool:
    """Whether it asks, and says of nothing that it goes wrong.

    A title alone may be the question of a form, to which the body is the answer.
    """
    if is_defect(body) or is_defect(title):
        return False
    sentences = max(1, len(_SENTENCE.findall(body)))
    if body.count("?") * 2 >= sentences and ("?" in body or _QUESTION.search(body)):
        return True
    asks = title.rstrip().endswith("?") or bool(_QUESTION.search(title))
    return asks and len(body.split()) < _AN_ANSWER


@lru_cache(maxsize=KEPT)
def is_praise(text: str) -> bool:
    """Whether it only thanks or praises."""
    return len(text) < 500 and bool(_PRAISE.search(text)) and not is_defect(text) and not _WISH.search(text)  # fmt: skip


@lru_cache(maxsize=KEPT)
def is_spam(text: str) -> bool:
    """Whether it advertises: with the words of advertisers, or with little but links."""
    links = _LINK.findall(text)
    words = len(_LINK.sub(" ", text).split())
    return bool(_SPAM.search(text)) or (len(links) >= 3 and words < 5 * len(links) and not is_defect(text))  # fmt: skip
