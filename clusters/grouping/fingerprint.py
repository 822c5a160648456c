"""Reports that are certainly about the same thing: one text, or one place of one exception."""

from __future__ import annotations

import hashlib
import re

_PYTHON_FRAME = re.compile(r'^[ \t]*File "([^"\n]{1,300})", line \d+, in (\S{1,200})', re.MULTILINE)
_ARROW_FRAME = re.compile(
    r"^[ \t]*at (?:async )?([\w.$<>/ ]{1,200}?) ?\(([^()\n]{1,300}?)(?::\d+)*\)", re.MULTILINE
)
_EXCEPTION = re.compile(r"\b([A-Z][A-Za-z]{2,60}(?:Error|Exception|Warning|Failure|Fault))\b")
_FRAMES = 3  # the innermost; further out, the way to a defect differs
_MIN_TEXT = 20  # characters; "Help" twice says nothing


def fingerprint(title: str, body: str) -> str:
    """A mark that equal reports share, at most 64 characters; empty where nothing is certain.

    A stack trace counts by exception and innermost frames, without line numbers and values; any
    other text by its words.
    """
    trace = _trace(f"{title}\n{body}")
    if trace:
        return _mark("trace", trace)
    plain = " ".join(re.findall(r"[^\W_]+", f"{title} {body}".lower()))
    return _mark("text", plain) if len(plain) >= _MIN_TEXT else ""


def _trace(text: str) -> str:
    exceptions = _EXCEPTION.findall(text)
    if not exceptions:
        return ""
    # Python prints the innermost frame last, the languages that write "at ..." first.
    python = [f"{_file(path)}:{name}" for path, name in _PYTHON_FRAME.findall(text)][-_FRAMES:]
    arrows = [f"{_file(path)}:{name}" for name, path in _ARROW_FRAME.findall(text)][:_FRAMES]
    frames = python or arrows
    return " ".join([exceptions[-1] if python else exceptions[0], *frames]) if frames else ""


def _file(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _mark(kind: str, content: str) -> str:
    return f"{kind}:{hashlib.sha256(content.encode()).hexdigest()[:40]}"
