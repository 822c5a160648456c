"""Mail habits: what was quoted from an earlier mail, and the signature below."""

from __future__ import annotations

import re

_WROTE = re.compile(
    r"^\s{0,3}(?:On|Am|Le|El|Il|Em|Op|W dniu|Den)\s[^\n]{4,200}"
    r"(?:wrote|schrieb[^:\n]{0,80}|a écrit|escribió|ha scritto|escreveu|schreef[^:\n]{0,80}|napisał(?:\(a\))?|skrev[^:\n]{0,80})\s?:\s*$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^\s*-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|message d'origine"
    r"|mensaje original|messaggio originale)\s*-{2,}\s*$|^_{20,}$",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"^\s*(?:sent from my |sent from mail |get outlook for |von meinem |envoyé de mon |enviado desde mi )"
    r"[^\n]{0,80}$",
    re.IGNORECASE,
)
_REGARDS = re.compile(
    r"^\s*(?:(?:best|kind|warm|many)?\s*regards|cheers|sincerely|many thanks|thanks(?: in advance)?"
    r"|thank you|mit freundlichen grüßen|viele grüße|cordialement|saludos|atenciosamente)\s*[,.!]?\s*$",
    re.IGNORECASE,
)
_SIGNATURE_LINES = 8
_SIGNATURE_WIDTH = 80  # characters


def without_mail(text: str) -> str:
    """The text without quoted mails and signatures; all of it where nothing else would stay."""
    lines = text.split("\n")
    kept = _without_signature(_without_quotes(lines[: _end(lines)]))
    return "\n".join(kept).strip() or text.strip()


def _end(lines: list[str]) -> int:
    """The number of lines before a forwarded or original message."""
    return next((n for n, line in enumerate(lines) if n and _ORIGINAL.match(line)), len(lines))


def _without_quotes(lines: list[str]) -> list[str]:
    """A quote counts as a mail's only below the line that says who wrote it."""
    kept: list[str] = []
    quoting = False
    for line in lines:
        if _WROTE.match(line):
            quoting = True
        elif not quoting or (line.strip() and not line.lstrip().startswith(">")):
            quoting = False
            kept.append(line)
    return kept


def _without_signature(lines: list[str]) -> list[str]:
    """Cut at the mark of a signature or a farewell, if little and short text follows."""
    while lines and not lines[-1].strip():
        lines.pop()
    first = max(1, len(lines) - _SIGNATURE_LINES)
    for number in range(first, len(lines)):
        below = lines[number + 1 :]
        ends = lines[number].rstrip(" ") == "--" or _REGARDS.match(lines[number])
        short = all(len(line) <= _SIGNATURE_WIDTH for line in below)
        if _DEVICE.match(lines[number]) or (ends and short):
            return lines[:number]
    return lines
