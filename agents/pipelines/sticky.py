"""Our part of a pull request's text: replaced as the work goes on, beside what people write."""

from __future__ import annotations

_BEGIN = "<!-- soulcaster: everything down to the end mark is replaced by the job -->"
_END = "<!-- soulcaster: end -->"
# GitHub takes 65,536 characters.
_MAX_TEXT = 65_000
_CUT = "\n\n… The rest is left out: read the job."


def fresh(text: str) -> str:
    """Our part on its own, for a new pull request."""
    own = text.replace(_BEGIN, "").replace(_END, "").strip()
    return f"{_BEGIN}\n{own}\n{_END}\n"


def replaced(body: str, text: str) -> str:
    """The body with our part replaced, and what people wrote around it kept.

    Without our marks in it, our part goes before everything.
    """
    begin, end = body.find(_BEGIN), body.rfind(_END)
    if begin < 0 or end < begin:
        before, after = "", f"\n{body}" if body.strip() else ""
    else:
        before, after = body[:begin], body[end + len(_END) :].removeprefix("\n")
    room = _MAX_TEXT - len(before) - len(after) - len(_BEGIN) - len(_END) - 3
    if len(text.strip()) > room:
        text = text.strip()[: max(0, room - len(_CUT))] + _CUT
    return f"{before}{fresh(text)}{after}"
