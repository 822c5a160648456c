"""What a report hides from people's eyes: invisible characters, turned text, hidden HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clusters.cleaning import hidden_html, unseen
from clusters.cleaning.base import KEPT, Flag, Removal, excerpt
from clusters.cleaning.screening.folding import folded
from clusters.cleaning.screening.together import HIDDEN_RULES, RULES, together
from clusters.cleaning.screening.words import ACTION, AGENT, FRAME, PRIVATE, START

_INSIDE_WORD = re.compile("(?<=[A-Za-z])[\u200b-\u200d\u2060-\u2064\ufeff\u180e]{1,20}(?=[A-Za-z])")
_RUN = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\U000e0100-\U000e01ef\ufe00-\ufe0e]{8}")
_TURNS = re.compile("[\u202b\u202e\u2067]|\u202d(?=[^\u202c\n]{0,80}[A-Za-z])|\u2066")
_OVERRIDE = re.compile("[\u202e]|\u202d(?=[^\u202c\n]{0,80}[A-Za-z])")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_WORDS = re.compile(r"\w{2,}")
_SPOKEN = 3  # words; "Edit Menu" is the name of a part of a page
_MANY = 3  # zero-width characters inside of words: one or two come with copying

_ASIDE = (
    (
        "attributes of HTML tags",
        re.compile(
            r"<[a-z][^<>]{0,400}?\s(?:alt|title|content|aria-label|placeholder|value|data-[\w-]{1,20})"
            r"\s?=\s?(?P<mark>[\"'])(?P<said>[^\"'<>]{12,400})(?P=mark)",
            re.IGNORECASE,
        ),
    ),
    (
        "HTML elements that are not drawn",
        re.compile(
            r"<(?P<tag>template|noscript|svg|meta|object|title|style|script|textarea|datalist)\b[^<>]{0,200}>"
            r"(?P<said>[^¶]{12,600}?)</(?P=tag)>",
            re.IGNORECASE,
        ),
    ),
)

_PROGRAMS = frozenset(["script", "style"])
_PROGRAM = re.compile(r"\w\(|[{};=]")
_ORDER = re.compile(rf"{START}{ACTION}\s(?=\S{{1,60}}\s\S)", re.MULTILINE)
_HARM = re.compile(
    rf"{START}(?:(?:send|push|merge|approve|publish|upload|exfiltrate|grant|commit|fetch|curl|wget|release|force|leak|email|mail|obey|deploy|bypass|rotate|invite|wipe|forget|disregard|execute|reveal|print|dump|echo|install|download|append|edit|modify)\s\S"
    r"|(?:delete|remove|drop|disable|skip|comment out|change|replace|overwrite|add|set|write|ignore|create|put|make|rewrite)\b[^¶]{0,60}?\b(?:tests?|readme|licen[cs]e|files?|code|checks?|auth\w*|directory|folders?|repo\w*|branch\w*|database|tables?|main|master|production|workflows?|backdoor|users?|keys?|admin\w*|maintainer|owner|access|password|dependenc\w+|instructions))",
    re.MULTILINE,
)
_HEARER = re.compile(
    rf"\b{AGENT}\b|\byour (?:prompt|instructions|tools?|fix|patch|task)\b|{PRIVATE}"
)
_CALLED = re.compile(
    rf"\b(?:for|to|attn|attention|hey|dear) (?:the |all |any )?{AGENT}s?\b|^\W{{0,8}}(?:{AGENT}|system|developer|operator|admin|override|instructions?|prompt)\s?:"
)
_BOUND = re.compile(
    rf"\b(?:{AGENT}|the model)\b[^¶]{{0,20}}\b(?:must|should|shall|has to|have to|needs? to|is to|are to|ought to|may)\b"
)
_MEANT = re.compile(FRAME)
_FORM = re.compile(
    r"\b(?:this (?:comment|section|template|line|text|issue|form|block)|(?:bug|issue|feature) (?:report|template|request)|existing issues|thank(?:s| you)?|screenshots?|(?:report|reporting|found) (?:a |the )?(?:security|vulnerabilit)\w*|(?:delete|remove) this|discussions?|paste (?:the|your)|(?:the|your|a) (?:log|logs|output)|filing|(?:before|when) you (?:open|submit|file|report)|new issue|your (?:issue|report|question|operating|version|problem|environment|answer|description)|the (?:issue|problem|bug)\b|steps to|e\.g\.|describe|contributing|code of conduct|pull request template|checklist)\b"
)


def concealed(text: str) -> Iterator[Flag]:
    """The flags that only the text as it was sent can give."""
    yield from _characters(text)
    _, removals = hidden_html.take_out(unseen.take_out(text)[0])
    for removal in (*removals, *_attributes(text)):
        if _is_order(removal):
            yield Flag(
                "hidden_html",
                f"An order stands in {removal.what}, which the original page does not show.",
                excerpt(removal.text),
            )


def _attributes(text: str) -> Iterator[Removal]:
    """What tags say in their attributes, and elements whose content no page draws."""
    if "<" not in text:
        return
    for what, pattern in _ASIDE:
        said = "\n".join(_said(match) for match in pattern.finditer(text)).strip()
        if said:
            yield Removal(what, 1, said[:KEPT])


def _said(match: re.Match[str]) -> str:
    """What speaks; a program in a script or a style does not."""
    tag = match.groupdict().get("tag") or ""
    return "" if tag.lower() in _PROGRAMS and _PROGRAM.search(match["said"]) else match["said"]


def _characters(text: str) -> Iterator[Flag]:
    if text.isascii():
        return
    if spelt := unseen.spelt_in_tags(text):
        yield Flag("zero_width", "Invisible tag characters spell a text.", excerpt(spelt))
    inside = len(_INSIDE_WORD.findall(text))
    if inside >= _MANY or _RUN.search(text):
        yield Flag("zero_width", "Zero-width characters split words or carry hidden data.")
    turns = _OVERRIDE if _RIGHT_TO_LEFT.search(text) else _TURNS
    if turns.search(text):
        yield Flag("bidirectional", "Direction marks show the text in another order than it has.")


# What a form asks to be left out is not asked for.
_REDACTED = re.compile(
    r"\b(?:remove|redact|hide|mask|delete|replace|strip|omit|without|no|never|not|don't|check for) (?:[\w,]{1,12} ){0,4}"
    rf"{PRIVATE}"
)


def _is_order(removal: Removal) -> bool:
    """Forms explain themselves in comments; nobody hides an element to explain a form."""
    text = folded(removal.text)
    if removal.what == "HTML comments" and _FORM.search(text):
        text = _REDACTED.sub(" it ", text)
    if _FORM.search(text) and removal.what == "HTML comments" and not _CALLED.search(text):
        return bool(_HARM.search(text) and _HEARER.search(text) and _MEANT.search(text))
    elements = removal.what == "hidden HTML elements"
    if next(together(text, HIDDEN_RULES if elements else RULES), None):
        return True
    if _CALLED.search(text) or (_BOUND.search(text) and not _FORM.search(text)):
        return True
    if removal.what == "hidden HTML elements":
        return bool(_ORDER.search(text) or _HEARER.search(text) or _MEANT.search(text))
    if len(_WORDS.findall(text)) < _SPOKEN:
        return False
    if _HEARER.search(text) and _ORDER.search(text):
        return not (_FORM.search(text) and not re.search(rf"\b{AGENT}\b", text))
    return bool(_HARM.search(text) and not _FORM.search(text))
