"""Replaces personal data and keys in a report by words such as `[email 1]`.

The same value is the same word within one report. Whose report it is stays countable: an author
that is nothing but such a value becomes a word with a mark of it, `[email 3f2a9c01]`, which nobody
reverses without the server's own key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from clusters.sources.base import (
    AUTHOR_LIMIT,
    BODY_LIMIT,
    EXCERPT_LIMIT,
    TITLE_LIMIT,
    IncomingComment,
    IncomingReport,
    Refused,
)
from clusters.sources.cleaning import cut_body, shorten
from clusters.sources.personal import Found, personal_data

# What names code, in which versions and numbers are nobody's; files may be addresses of pages.
_NAMES_OF_CODE = frozenset({"file", "function", "module", "type", "mechanism"})
_IN_NAMES = ("email", "key")
_CUT = re.compile(r"(?:[^\s<>\"(),;]{0,64}@[^\s@]{0,100}|(?<![\w.])\+?\(?[0-9][0-9 ()/-]{3,40})…\Z")
_AT_THE_END = 200  # characters
_NAMES = {
    "email": ("e-mail address", "e-mail addresses"),
    "phone": ("telephone number", "telephone numbers"),
    "card": ("card number", "card numbers"),
    "iban": ("bank account", "bank accounts"),
    "ip": ("IP address", "IP addresses"),
    "key": ("key", "keys"),
}


def mask(report: IncomingReport, key: bytes = b"") -> IncomingReport:
    """The report without personal data, and in `metadata["masked"]` how much was replaced.

    `key` is what marks of authors are made with.
    """
    words = _Words()
    url = words.replaced(report.url)
    masked = replace(
        report,
        external_id=_identity(report.external_id, key),
        title=shorten(words.replaced(report.title), TITLE_LIMIT),
        body=cut_body(words.replaced(report.body), BODY_LIMIT)[0],
        author=_author(words, report.author, key),
        # An address that a part is missing of leads nowhere.
        url=report.url if url == report.url else "",
        trace=words.everywhere(report.trace, in_trace=True),
        screening=words.everywhere(dict(report.screening)),
        comments=None
        if report.comments is None
        else [_comment(words, comment, key) for comment in report.comments],
    )
    metadata: dict[str, str] = words.everywhere(dict(report.metadata))
    if url != report.url:
        metadata["url_text"] = url
    if words.counts:
        metadata["masked"] = words.said()
    return replace(masked, metadata=metadata)


def mask_refused(refused: Refused) -> Refused:
    """The same with the start of what was sent, and with the sentence, which may name parts of it."""
    words = _Words()
    excerpt = shorten(words.replaced(refused.excerpt), EXCERPT_LIMIT)
    return replace(refused, reason=words.replaced(refused.reason), excerpt=excerpt)


def mask_text(text: str) -> str:
    """A single text without personal data."""
    return _Words().replaced(text)


def _comment(words: _Words, comment: IncomingComment, key: bytes) -> IncomingComment:
    return replace(
        comment,
        external_id=_identity(comment.external_id, key),
        body=words.replaced(comment.body),
        author=_author(words, comment.author, key),
        url="" if words.replaced(comment.url) != comment.url else comment.url,
        screening=words.everywhere(dict(comment.screening)),
    )


def _whole(text: str) -> str:
    """The text without the rest of an address or a number at its end that shortening has cut."""
    if not text.endswith("…"):
        return text
    return text[:-_AT_THE_END] + _CUT.sub("…", text[-_AT_THE_END:])


def _identity(given: str, key: bytes) -> str:
    """An id that is or holds an address stays one of its own, which tells nobody the address."""
    if not any(found.kind in _IN_NAMES for found in personal_data(given)):
        return given
    mark = hmac.new(key, given.encode(errors="replace"), hashlib.sha256).hexdigest()
    return f"masked:{mark[:40]}"


def _author(words: _Words, author: str, key: bytes) -> str:
    found = list(personal_data(author))
    if len(found) == 1 and (found[0].start, found[0].end) == (0, len(author)):
        words.word_of(found[0])  # counted with the others
        mark = hmac.new(key, found[0].value.encode(errors="replace"), hashlib.sha256).hexdigest()
        return f"[{found[0].kind} {mark[:8]}]"
    return shorten(words.replaced(author), AUTHOR_LIMIT)


class _Words:
    """The words of one report."""

    def __init__(self) -> None:
        self._words: dict[tuple[str, str], str] = {}
        self.counts: Counter[str] = Counter()  # different values by kind

    def replaced(self, text: str, kinds: Collection[str] = tuple(_NAMES)) -> str:
        """The text with words in the place of what is personal; `kinds`: only of these."""
        parts, end = [], 0
        text = _whole(text)
        for found in personal_data(text):
            if found.kind not in kinds:
                continue
            parts += [text[end : found.start], self.word_of(found)]
            end = found.end
        return "".join(parts) + text[end:] if parts else text

    def everywhere(self, value: Any, *, in_trace: bool = False, code: bool = False) -> Any:
        """The same in every text of JSON; in a trace, names of code stay unless they are addresses."""
        if isinstance(value, str):
            if not code:
                return self.replaced(value)
            return self.replaced(value, _IN_NAMES) if "://" in value else value
        if isinstance(value, Mapping):
            return {
                name: self.everywhere(
                    part, in_trace=in_trace, code=in_trace and name in _NAMES_OF_CODE
                )
                for name, part in value.items()
            }
        if isinstance(value, list | tuple):
            return type(value)(self.everywhere(part, in_trace=in_trace) for part in value)
        return value

    def word_of(self, found: Found) -> str:
        """The word for a value, a new one for a new value."""
        place = (found.kind, found.value)
        if place not in self._words:
            self.counts[found.kind] += 1
            self._words[place] = f"[{found.kind} {self.counts[found.kind]}]"
        return self._words[place]

    def said(self) -> str:
        """How many were replaced, for people."""
        return ", ".join(
            f"{count} {_NAMES[kind][count > 1]}" for kind, count in sorted(self.counts.items())
        )
