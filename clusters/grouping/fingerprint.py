"""Reports that are certainly about the same thing: one text, or one place of one exception."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

_PYTHON_FRAME = re.compile(r'^[ \t]*File "([^"\n]{1,300})", line \d+, in (\S{1,200})', re.MULTILINE)
_ARROW_FRAME = re.compile(
    r"^[ \t]*at (?:async )?([\w.$<>/ ]{1,200}?) ?\(([^()\n]{1,300}?)(?::\d+)*\)", re.MULTILINE
)
_PYTHON_START = "Traceback (most recent call last)"
_CAUSE = re.compile(r"\n[ \t]*(?:Caused by:|\[cause\]:)")
_EXCEPTION = re.compile(r"\b([A-Z][A-Za-z]{2,60}(?:Error|Exception|Warning|Failure|Fault))\b")
# Where code lies that the project did not write itself.
_LIBRARY = re.compile(
    r"(?:^|[/\\])(?:site-packages|dist-packages|node_modules|python3\.\d{1,2})[/\\]"
    r"|^<frozen |^node:|^internal/"
)
_BUILD = re.compile(r"[.-][0-9a-f]{8,64}(?=\.)|[?#].*")  # what bundlers add to names of files
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


def of_place(exception: str, frames: Sequence[tuple[str, str]]) -> str:
    """The mark of an exception's type and its frames (path, function), innermost last.

    A trace in a report's text and the same one from a program that reports by itself share it.
    """
    return _mark("trace", _place(exception, frames)) if frames else ""


def is_library(path: str) -> bool:
    """Whether a frame's file is an installed package's or the language's own."""
    return bool(_LIBRARY.search(path))


def _trace(text: str) -> str:
    exceptions = _EXCEPTION.findall(text)
    if not exceptions:
        return ""
    # Python prints the innermost frame and the latest exception last, the languages that write
    # "at ..." first. Causes are left out: not every report has them.
    if python := _PYTHON_FRAME.findall(text[text.rfind(_PYTHON_START) + 1 :]):
        return _place(exceptions[-1], _own(python))
    found = _ARROW_FRAME.findall(_CAUSE.split(text, maxsplit=1)[0])
    arrows = [(path, name) for name, path in reversed(found)]
    return _place(exceptions[0], _own(arrows)) if arrows else ""


def _own(frames: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    return [frame for frame in frames if not is_library(frame[0])] or frames


def _place(exception: str, frames: Sequence[tuple[str, str]]) -> str:
    named = (f"{_file(path)}:{name}" for path, name in frames[-_FRAMES:])
    return " ".join([exception, *named])


def _file(path: str) -> str:
    return _BUILD.sub("", path.replace("\\", "/").rsplit("/", 1)[-1])


def _mark(kind: str, content: str) -> str:
    return f"{kind}:{hashlib.sha256(content.encode()).hexdigest()[:40]}"
