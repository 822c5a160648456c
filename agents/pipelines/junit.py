"""Reads JUnit XML, as pytest writes it: a stranger's file, so nothing in it is trusted.

The tree is built here, within limits; what stands in it, junitparser knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import junitparser

from agents.pipelines.base import TestCase
from agents.pipelines.frameworks import collecting
from agents.pipelines.frameworks.base import MAX_BYTES, ReportError

# An element takes some hundred times the memory of the four bytes that it can be written with.
MAX_ELEMENTS = 500_000
_PIECE = 1 << 20
_OUTCOMES = (
    (junitparser.Error, "error"),
    (junitparser.Failure, "failed"),
    (junitparser.Skipped, "skipped"),
)


class JunitError(ReportError):
    """The file is no JUnit XML that may be read; the text says why."""


class _Case(junitparser.TestCase):
    file = junitparser.Attr()
    time = junitparser.Attr()  # the parser's own must be a number


def parse(data: bytes) -> list[TestCase]:
    """The tests of a report, in order, with ids as pytest writes them; raises JunitError."""
    root = _root(data)
    try:
        return collecting.collected(_test(_case(each)) for each in root.iter("testcase"))
    except ReportError as error:
        raise JunitError(str(error)) from None


def _root(data: bytes) -> Element:
    if len(data) > MAX_BYTES:
        raise JunitError(f"The test report is larger than {MAX_BYTES >> 20} MiB.")
    try:
        # Looking for "<!DOCTYPE" in the bytes is only right for encodings that ASCII is part of.
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise JunitError("The test report is not UTF-8.") from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise JunitError("The test report declares a document type, which is not allowed.")
    # Without a document type there are no entities.
    parser = ElementTree.XMLParser(target=_Builder())  # noqa: S314
    try:
        # In pieces: within one, the parser would read on after our refusal.
        for start in range(0, len(text), _PIECE):
            parser.feed(text[start : start + _PIECE])
        root: Element = parser.close()
    except (ElementTree.ParseError, ValueError) as error:
        raise JunitError(f"The test report is not well-formed: {error}") from None
    return root


class _Builder(ElementTree.TreeBuilder):
    """Builds the tree as long as it stays small."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        """An element begins."""
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise JunitError(f"The test report has more than {MAX_ELEMENTS} elements.")
        return super().start(tag, attrs)


def _case(element: Element) -> _Case:
    case: _Case = _Case.fromelem(element)  # type: ignore[no-untyped-call]
    return case


def _test(case: _Case) -> TestCase:
    outcome, said = _outcome(case)
    return TestCase(_node_id(case), outcome, collecting.seconds(case.time), said)


def _outcome(case: _Case) -> tuple[str, str]:
    # Its own `result` looks into every element below: a report could make that take for ever.
    for kind, outcome in _OUTCOMES:
        found = case.child(kind)  # type: ignore[no-untyped-call]
        if found is not None:
            return outcome, collecting.message(found.message or "", found.text or "")
    return "passed", ""


def _node_id(case: _Case) -> str:
    file, name = case.file or "", case.name or ""
    parts = [part for part in (case.classname or "").split(".") if part]
    if not parts:
        return file or _module_path(name)  # a file that could not be collected
    module = _module(file, parts)
    path = file if module == _dotted(file) and file else "/".join(module) + ".py"
    return "::".join([path, *parts[len(module) :], name])


def _module_path(dotted: str) -> str:
    return dotted if "/" in dotted or dotted.endswith(".py") else dotted.replace(".", "/") + ".py"


def _dotted(file: str) -> list[str]:
    return file.removesuffix(".py").split("/")


def _module(file: str, parts: list[str]) -> list[str]:
    """The leading parts of a class name that are the module; the others are classes.

    A test that a class inherits names the file of its base class, so the file does not always
    help; classes are then known by their capital letter.
    """
    expected = _dotted(file)
    if file and parts[: len(expected)] == expected:
        return expected
    classes = _length_of_tail(reversed(parts[1:]))
    return parts[: len(parts) - classes]


def _length_of_tail(parts: Iterable[str]) -> int:
    length = 0
    for part in parts:
        if not part[:1].isupper():
            break
        length += 1
    return length
