"""Text that comes from a form and not from the reporter: it makes different reports look alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

_HEADING = re.compile(
    r"^\s{0,3}(?:#{1,6}\s*|\*\*|__)(.{1,120}?)(?:\*\*|__)?\s*:?\s*(?:\*\*|__)?\s*#*$"
)
_CHECKBOX = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s*\[[ xX]?\]")
_EMPTY_ANSWER = re.compile(
    r"^[\s_*]*(?:no response|none|n/?a|not applicable|-+|\.+)[\s_*.]*$", re.I
)
_RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$")
_LABEL = re.compile(
    r"^[\s*_>#-]{0,6}(?:steps to (?:reproduce|repeat)(?: the (?:issue|bug|problem|behaviou?r))?"
    r"|(?:to|how to) reproduce|repro(?:duction)?(?: steps)?|(?:expected|actual|current|observed)"
    r" (?:results?|behaviou?rs?|outcomes?)|reproducible|user[- ]agent|build identifier"
    r"|what (?:happened|is happening)(?: instead)?|what should have happened"
    r"|what did you expect(?: to (?:happen|see))?|environment|versions?|description|summary"
    r"|additional (?:context|information|info|notes)|screenshots?|severity|priority|component"
    r"|(?:describe|description of) the (?:bug|issue|problem))[*_]{0,2}\s*:[*_]{0,2}",
    re.IGNORECASE,
)
_AGENT = re.compile(
    r"\bMozilla/\d\.\d \([^)\n]{0,200}\)[^\n]{0,160}|^\s*(?:Always|Sometimes)\s*$", re.M
)
_KNOWN = re.compile(
    r"^\W*(?:(?:please )?(?:describe|provide|explain|tell us|list|attach|paste|include|complete)\b.{0,80}"
    r"|steps to .{0,40}|(?:to|how to) reproduce.{0,40}|repro(?:duction)?\b.{0,30}"
    r"|(?:minimal|complete).{0,20}(?:example|reproduction)"
    r"|(?:the )?(?:expected|actual|current|observed|desired) (?:results?|behaviou?rs?|outcomes?)\b.{0,20}"
    r"|what (?:happened|is|did|do|were|version|browsers?|operating|should|would|went)\b.{0,60}"
    r"|(?:bug |issue |short |brief )?(?:description|summary)|additional .{0,40}|any other .{0,40}"
    r"|(?:your )?(?:environment|system|platform|device|setup)(?: (?:info(?:rmation)?|details))?"
    r"|(?:desktop|smartphone)\b.{0,60}|screenshots?\b.{0,30}|(?:relevant )?(?:log|error)s?(?: output| messages?)?"
    r"|(?:software )?versions?.{0,30}|operating system|os|browsers?|code of conduct|check ?list"
    r"|prerequisites|preliminary checks|contact details|possible (?:solution|fix|cause)s?|context"
    r"|is your feature request related to a problem.{0,30}|is there an existing issue.{0,30}"
    r"|before (?:submitting|you).{0,60}|problem|bug report|feature request|details)\W*$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"^\W*(?:\d{1,2}\W{1,3})?(?:a clear and concise description of .{0,80}|if applicable, add .{0,80}"
    r"|add any other context .{0,80}|steps to reproduce the behaviou?r:?|go to '\.*'|click on '\.*'"
    r"|scroll down to '\.*'|see error|thank(?:s| you) for (?:taking|reporting|filing|your report).{0,120}"
    r"|(?:please )?(?:search|check|make sure|read|remove|delete|fill|replace)\b.{0,60}"
    r"\b(?:issues?|section|template|guidelines|documentation|comment|form|below)\b.{0,60})\W*$",
    re.IGNORECASE,
)
_LINE = 300  # characters; a longer line is prose
_SHARED_FROM = 8  # items; of fewer, nothing can be said about what most share
_WORDS = re.compile(r"[^\W_]+")


def without_form(text: str, shared: Collection[str] = ()) -> str:
    """The text without the form's headings, boxes, empty answers and shared lines.

    Where nothing would be left, the form is all there is to compare: it stays.
    """
    lines = [_own(line) for line in text.split("\n") if not _is_form(line)]
    kept = [line for line in lines if line.strip() and mark(line) not in shared]
    return _AGENT.sub(" ", "\n".join(kept)).strip() or text.strip()


def shared_lines(texts: Sequence[str]) -> frozenset[str]:
    """The marks of lines of three or more words that more than half of a project's items have."""
    if len(texts) < _SHARED_FROM:
        return frozenset()
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({mark(line) for line in text.split("\n") if len(line) <= _LINE})
    return frozenset(
        line for line, count in counts.items() if count * 2 > len(texts) and line.count(" ") >= 2
    )


def mark(line: str) -> str:
    """What lines have in common that differ only in case, white space and punctuation."""
    return " ".join(_WORDS.findall(line[:_LINE].lower()))


def _is_form(line: str) -> bool:
    if not line.strip() or len(line) > _LINE:
        return False
    if _CHECKBOX.match(line) or _EMPTY_ANSWER.match(line) or _RULE.match(line):
        return True
    heading = _HEADING.match(line)
    return bool((heading and _KNOWN.match(heading[1])) or _PLACEHOLDER.match(line))


def _own(line: str) -> str:
    """The line without the label that a form put in front of it."""
    return _LABEL.sub("", line, count=1) if ":" in line[:80] else line
