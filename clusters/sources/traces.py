"""Exceptions with their frames, as programs report them to Sentry: within limits, for people.

A trace is JSON: exceptions, the one that was seen first and its causes after it, each
`{"type", "value", "mechanism", "frames"}`; frames as they were called, the innermost last, each
`{"file", "function", "module", "line", "in_app"}`. Frames of the program itself have also the lines
around theirs: `context`, the number of its first line `context_start`, and the line itself,
`context_line`. An exception whose frames were too many says how many are missing: `left_out`.
Values of variables are never kept: they are what people typed.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from clusters.cleaning.unseen import UNSEEN
from clusters.grouping.fingerprint import is_library, of_place
from clusters.sources.cleaning import clean_line, clean_text, shorten

EXCEPTIONS_LIMIT = 8
FRAMES_LIMIT = 50  # of one exception: the innermost, and some of the outermost
OUTERMOST_KEPT = 10
CONTEXT_FRAMES = 12  # of one exception: the innermost of the program itself
CONTEXT_LINES = 5  # before, and after
FRAMES_TOLD = 20  # in text, of one exception
LIBRARY_FRAMES_TOLD = 2
LINE_LIMIT = 200  # characters
NAME_LIMIT = 200
VALUE_LIMIT = 2_000
_LINES_EVER = 10_000_000
_PLAIN = re.compile(r"[!-~]*")
_UNNAMED = {"", "?", "<unknown>"}
_JVM = (".java", ".kt", ".scala", ".groovy")

Trace = Sequence[Mapping[str, Any]]


def from_sentry(values: object) -> list[dict[str, Any]]:
    """The trace of `exception.values` of an event, as JSON; never raises, whatever it is given."""
    if isinstance(values, dict):
        values = values.get("values")
    if not isinstance(values, list):
        return []
    # Sentry puts what was seen first last.
    found = [one for one in reversed(values[-EXCEPTIONS_LIMIT:]) if isinstance(one, dict)]
    return [_exception(one) for one in found]


def headline(exception: Mapping[str, Any]) -> str:
    """`Type: value`, on one line."""
    kind, value = str(exception.get("type") or ""), clean_line(str(exception.get("value") or ""))
    return f"{kind}: {value}" if kind and value else kind or value


def as_text(trace: Trace) -> str:
    """The trace as the program's language prints it, a pasted one of the same place alike.

    Of frames of libraries only the innermost are told: all programs share the others.
    """
    python = any(_file(frame).endswith(".py") for one in trace for frame in one["frames"])
    if python:
        parts = [_python(one) for one in reversed(trace)]
        return "\n\nThe exception above led to this one:\n\n".join(parts)
    return "\nCaused by: ".join(_arrows(one) for one in trace)


def fingerprint_of(trace: Trace) -> str:
    """The mark of the place where it happened; empty where the trace does not say where.

    It is made of the exception's type and the innermost frames of the program itself, without
    line numbers and values.
    """
    for exception in trace:
        named = [frame for frame in exception["frames"] if frame["function"] not in _UNNAMED]
        frames = [frame for frame in named if frame["in_app"]] or named
        if frames:
            return of_place(exception["type"], [(_file(one), _function(one)) for one in frames])
    return ""


# --- reading ---------------------------------------------------------------------------------


def _exception(value: Mapping[str, Any]) -> dict[str, Any]:
    stack, mechanism = value.get("stacktrace"), value.get("mechanism")
    given = stack.get("frames") if isinstance(stack, dict) else None
    sent = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    left_out = max(0, len(sent) - FRAMES_LIMIT)
    if left_out:
        sent = sent[:OUTERMOST_KEPT] + sent[OUTERMOST_KEPT - FRAMES_LIMIT :]
    frames = [_frame(one) for one in sent]
    own = [number for number, frame in enumerate(frames) if frame["in_app"]][-CONTEXT_FRAMES:]
    for number in own:
        frames[number] |= _context(sent[number], frames[number]["line"])
    found = {
        "type": _name(value.get("type")),
        "value": shorten(clean_text(_text(value.get("value"))[: 2 * VALUE_LIMIT]), VALUE_LIMIT),
        "mechanism": _name(mechanism.get("type")) if isinstance(mechanism, dict) else "",
        "frames": frames,
    }
    return found | {"left_out": left_out} if left_out else found


def _frame(frame: Mapping[str, Any]) -> dict[str, Any]:
    path = _name(frame.get("filename")) or _name(frame.get("abs_path"))
    own = frame.get("in_app")
    library = is_library(_name(frame.get("abs_path")) or path)
    return {
        "file": path,
        "function": _name(frame.get("function")),
        "module": _name(frame.get("module")),
        "line": _number(frame.get("lineno")),
        "in_app": own if isinstance(own, bool) else not library,
    }


def _context(frame: Mapping[str, Any], line: int | None) -> dict[str, Any]:
    middle = frame.get("context_line")
    if line is None or not isinstance(middle, str):
        return {}
    before = _lines(frame.get("pre_context"))[-CONTEXT_LINES:]
    after = _lines(frame.get("post_context"))[:CONTEXT_LINES]
    text = _line(middle)
    start = max(1, line - len(before))
    before = before[-(line - start) :] if line > start else []
    return {
        "context": [*before, text, *after],
        "context_start": start,
        "context_line": text,
    }


def _lines(value: object) -> list[str]:
    return [_line(one) for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _line(text: str) -> str:
    """One line of code, its indentation kept."""
    if len(text) <= LINE_LIMIT and text.isascii() and text.isprintable():
        return text.rstrip()
    short = UNSEEN.sub("", text[: 2 * LINE_LIMIT]).replace("\n", " ").expandtabs(4).rstrip()
    return shorten(short, LINE_LIMIT)


def _name(value: object) -> str:
    if isinstance(value, str) and len(value) <= NAME_LIMIT and _PLAIN.fullmatch(value):
        return value  # as nearly all are, and an event has hundreds
    return shorten(clean_line(_text(value)[: 2 * NAME_LIMIT]), NAME_LIMIT)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _number(value: object) -> int | None:
    known = isinstance(value, int) and not isinstance(value, bool)
    return value if known and 0 < value < _LINES_EVER else None  # type: ignore[operator, return-value]


# --- printing --------------------------------------------------------------------------------


def _python(exception: Mapping[str, Any]) -> str:
    lines = ["Traceback (most recent call last):"] if exception["frames"] else []
    for frame in _told(exception["frames"]):
        number = frame["line"] or 0
        lines.append(f'  File "{_file(frame)}", line {number}, in {_function(frame)}')
        if code := frame.get("context_line", "").strip():
            lines.append(f"    {code}")
    return "\n".join([*lines, headline(exception)])


def _arrows(exception: Mapping[str, Any]) -> str:
    lines = [headline(exception)]
    for frame in reversed(_told(exception["frames"])):
        number = f":{frame['line']}" if frame["line"] else ""
        lines.append(f"    at {_function(frame)} ({_file(frame)}{number})")
    return "\n".join(lines)


def _told(frames: Trace) -> Trace:
    own = [number for number, frame in enumerate(frames) if frame["in_app"]]
    if not own:
        return frames[-FRAMES_TOLD:]
    raised_below = range(max(own[-1] + 1, len(frames) - LIBRARY_FRAMES_TOLD), len(frames))
    return [frames[number] for number in (*own[-FRAMES_TOLD:], *raised_below)]


def _file(frame: Mapping[str, Any]) -> str:
    return str(frame["file"] or frame["module"] or "?")


def _function(frame: Mapping[str, Any]) -> str:
    name, module = str(frame["function"] or "?"), str(frame["module"])
    on_jvm = posixpath.splitext(_file(frame))[1] in _JVM
    return f"{module}.{name}" if on_jvm and module else name
