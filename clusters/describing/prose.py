"""What people wrote themselves: titles without marks, and sentences without forms, mails, traces."""

from __future__ import annotations

import re

from clusters.cleaning.forms import without_form
from clusters.cleaning.mail import without_mail
from clusters.describing.base import Report

_READ = 4_000  # characters; what a report is about is said at its start
_SENTENCES = 20
_LONGEST = 220  # characters of a sentence that is quoted
_FEWEST = 4  # words

_PREFIX = re.compile(
    r"^(?:\s*(?:\[[^\]]{1,30}\]|\((?:bug|issue|feature|request)\)|(?:bug(?: report)?|issue|problem|re|aw|sv|fwd?|wg|feature(?: request)?|enhancement|question|help|urgent|crash|error|title|subject|summary)\s*[:\u2013!]|(?:bug|feature)\s+-\s|#+\s))+\s*",
    re.IGNORECASE,
)
_QUOTED = re.compile("^[\u201c\"'\u2018\u00ab](.+)[\u201d\"'\u2019\u00bb]$")
_SENTENCE_END = re.compile(
    r"(?<=[.!?])[\"\u201d\u2019)]?\s+(?=[\"\u201c(]?[A-Z0-9\u00c0-\u024f\u0370-\uffff`])|\n+"
)
_MARKUP = " \t>#*+-|~=_"
# Lines of code, traces, tables and templates are no sentences to quote.
_NO_PROSE = re.compile(
    r"^[ \t]*(?:File \"|at \S+\(|at .{1,200}:\d+\)?$|Traceback|https?://\S+$|<!--|\{|\}|\[cut:|!\[|\||\$ |>>> |import |from \S+ import )|[{};]$|::|^[\w.]+(?:Error|Exception)\b"
)
_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|thanks?(?: you)?|many thanks|best|kind regards|cheers|greetings|please (?:help|fix|advise)|any (?:help|ideas?)|sorry|as (?:above|described)|see (?:above|below|attached|the (?:picture|screenshot)))\b[^a-z]{0,3}(?:\w+\W*){0,4}$",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^\s*(?:```|~~~).*?(?:^\s*(?:```|~~~)\s*$|\Z)", re.MULTILINE | re.DOTALL)
_LABEL = re.compile(
    r"^(?:(?:expected|actual|current|observed)(?: \w+)?|steps?|result|description|summary|severity|os|browser|version|environment|device)\s*:\s*",
    re.IGNORECASE,
)
_STEP = re.compile(r"^(?:\(?\d{1,2}[.):]|[a-z]\)|[\u00bb\u2022])\s*", re.IGNORECASE)
_LINK = re.compile(r"\[([^\]\n]{1,200})\]\([^)\s]{1,2000}\)")


def title_of(title: str) -> str:
    """A title without “[BUG]”, “Re:”, marks of markup and quotation marks around it.

    Its case stays as it was written, but for the first letter.
    """
    plain = " ".join(_PREFIX.sub("", _LINK.sub(r"\1", title)).replace("`", "").split())
    plain = plain.strip(" .-:\u2013*_#>~")
    quoted = _QUOTED.match(plain)
    plain = quoted[1] if quoted else plain
    first = plain.split(" ", 1)[0]
    return plain[:1].upper() + plain[1:] if first.isalpha() and first.islower() else plain


def sentences_of(report: Report) -> list[str]:
    """The sentences of prose in the order in which they stand; the title where there is none."""
    own = without_form(without_mail(_FENCE.sub("\n", report.body[:_READ])))
    lines = [_LINK.sub(r"\1", line) for line in own.split("\n") if not _NO_PROSE.search(line)]
    pieces = (_plain(piece) for piece in _SENTENCE_END.split("\n".join(lines)))
    prose = [piece for piece in pieces if _is_telling(piece)]
    return prose[:_SENTENCES] or [title_of(report.title)[:_LONGEST]]


def _plain(piece: str) -> str:
    plain = _STEP.sub("", " ".join(piece.strip(_MARKUP).split()))
    return _LABEL.sub("", plain).strip(_MARKUP)


def _is_telling(piece: str) -> bool:
    if len(piece) > _LONGEST or len(piece.split()) < _FEWEST:
        return False
    letters = sum(letter.isalpha() or letter.isspace() for letter in piece)
    return letters >= 0.7 * len(piece) and not _GREETING.match(piece)
