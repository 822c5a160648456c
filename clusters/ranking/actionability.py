"""Could somebody start on it now? By what the reports say, and by what none of them says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from clusters.ranking.base import KEPT, Judged, Told, Verdict, listed, plural
from clusters.ranking.releases import release_of
from clusters.ranking.sayings import STACK, is_defect, is_praise, is_question, is_spam, is_wish

_STEPS = re.compile(
    r"\bsteps?\b.{0,20}\breproduc|\bto reproduce\b|\brepro\b|^\s*(?:\d{1,2}[.)]|[-*])\s+\S.*\n\s*(?:\d{1,2}[.)]|[-*])\s+\S|\b(?:when|after|if|whenever|as soon as|while|every time) (?:i|you|we|the user|users|one|clicking|opening|saving|using|pressing|calling|running|trying|upload\w*|sav\w+|open\w*|click\w*|import\w*|export\w*|add\w*|delet\w+|switch\w*|log\w*|updat\w+)\b",
    re.IGNORECASE | re.MULTILINE,
)
_ERROR_TEXT = re.compile(
    r"\b(?:error|exception|warning|message|says?|shows?|code|status)\b.{0,30}[\"“'`:].{3,}|(?-i:\b[A-Z][a-z]\w*(?:Error|Exception)\b)|\b(?:4\d\d|5\d\d) (?:error|bad|not|internal|unauthori|forbidden|gateway)|errno|exit(?:ed)? (?:code|status)",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"\bv?\d+\.\d+(?:\.\d+)*\b|\bversion\b\W{0,3}\w*\d|\b(?:windows|macos|mac os|ubuntu|debian|linux|android|ios|iphone|ipad|chrome|firefox|safari|edge)\b|\b(?:since|after) (?:the )?(?:last |latest )?(?:update|upgrade|release)\b|\bcommit [0-9a-f]{7,}",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"`[^`\n]{2,80}`|\b[\w/-]+\.(?:py|js|ts|tsx|jsx|go|rs|java|rb|php|c|cpp|h|cs|css|html|sql|kt|swift|vue|yml|yaml|toml|json)\b|\b\w+_\w+\b|(?-i:\b[a-z]+[A-Z]\w+\b)|\w+\(\)|\b(?:page|button|menu|screen|dialog|form|field|tab|dropdown|list|table|chart|report|export|import|checkout|login|search|settings?|command|option|flag|endpoint|api|invoice|cart|basket|upload|download|notification|e-?mail|calendar|editor|profile|sync\w*|filter|sort\w*|date|time ?zone|password|payment|coupon|file|image|video|link|column|row|header|backup|account|total)s?\b",
    re.IGNORECASE,
)
_ENOUGH_WORDS = 7
_SEVERAL = 3  # reports that say the same stand in for a detailed one

_EXPECTED = re.compile(
    r"\b(?:expect\w*|should(?:n't| not)?|instead of|rather than|supposed to|promises?|according to|used to|before (?:the|that)|but (?:it|the|they|i|only)|even though|ought to|correct would)\b",
    re.IGNORECASE,
)
_TRACE, _WHICH = "a stack trace", "the version"
_DETAILS = {
    _TRACE: STACK,
    "the error's text": _ERROR_TEXT,
    "the steps that lead to it": _STEPS,
    "the place where it happens": _PLACE,
    "what should happen instead": _EXPECTED,
    _WHICH: _VERSION,
}
_KINDS: tuple[tuple[str, Callable[[Told], bool]], ...] = (
    ("an attack", lambda report: report.flagged),
    ("spam", lambda report: is_spam(report.text)),
    ("praise", lambda report: is_praise(report.text)),
    ("a wish", lambda report: is_wish(report.text)),
    ("a question", lambda report: is_question(report.title, report.body)),
)
_LABELS = {
    "": frozenset({"bug", "defect", "type: bug", "kind/bug", "regression", "crash"}),
    "a question": frozenset({"question", "support", "type: question", "kind/support"}),
    "a wish": frozenset({"enhancement", "feature", "feature request", "type: feature", "kind/feature"}),
    "spam": frozenset({"spam", "invalid"}),
}  # fmt: skip
_SAYS = {
    "an attack": "These reports look like attacks on an agent: read them before anything else.",
    "spam": "These reports advertise something; nothing is to be done.",
    "praise": "These reports praise or thank; nothing is to be done.",
    "a question": "These reports ask a question and tell of no defect: an answer helps more than a change.",
}
_WISHED = "This is a wish and no defect: somebody has to decide whether it is wanted, and how."


def actionability_of(reports: Sequence[Told]) -> Judged | None:
    """The verdict with the sentence that says why; None for no reports."""
    if not reports:
        return None
    kinds = Counter(kind for report in reports if (kind := _kind_of(report)))
    if kinds:
        kind, count = kinds.most_common(1)[0]
        if count * 2 > len(reports):
            verdict: Verdict = "needs_info" if kind == "a wish" else "not_actionable"
            return Judged(verdict, _SAYS.get(kind, _WISHED))
    useful = [report for report in reports if _kind_of(report) in {"", "a wish"}]
    return _by_details(useful)


def _kind_of(report: Told) -> str:
    """What kind of thing it is, by its labels first: somebody put them there; '' for a defect."""
    labels = {word.strip().lower() for word in str(report.metadata.get("labels", "")).split(",")}
    for name, words in _LABELS.items():
        if labels & words:
            return name
    return next((name for name, fits in _KINDS if fits(report)), "")


def _by_details(reports: Sequence[Told]) -> Judged:
    told = set().union(*(_details(report.text) for report in reports))
    told |= {_TRACE} if any(report.has_trace for report in reports) else set()
    told |= {_WHICH} if any(release_of(report.metadata) for report in reports) else set()
    known = [name for name in _DETAILS if name in told]
    if _is_enough(known, reports):
        if not known:
            return Judged(
                "actionable", f"{plural(len(reports), 'report')} describe the same defect."
            )
        return Judged("actionable", f"The reports name {listed(known)}.")
    missing = [name for name in _DETAILS if name not in {*known, _TRACE}]
    if not any(is_defect(report.text) for report in reports):
        missing.insert(0, "what goes wrong")
    return Judged("needs_info", f"No report names {listed(missing, 'or')}.")


@lru_cache(maxsize=KEPT)
def _details(text: str) -> frozenset[str]:
    return frozenset(name for name, words in _DETAILS.items() if words.search(text))


def _is_enough(known: Sequence[str], reports: Sequence[Told]) -> bool:
    """Whether somebody could find the place in the code, or make it happen."""
    if _TRACE in known:
        return True
    clear = [
        report
        for report in reports
        if is_defect(report.text) and len(report.text.split()) >= _ENOUGH_WORDS
    ]
    return bool(clear) and (len(known) >= 2 or len(clear) >= _SEVERAL)
