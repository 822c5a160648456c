"""Reads the JUnit XML that pytest writes: a stranger's file, so nothing in it is trusted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from agents.pipelines.base import TestCase

MAX_BYTES = 32 << 20
MAX_TESTS = 50_000
# An element takes some hundred times the memory of the four bytes that it can be written with.
MAX_ELEMENTS = 500_000
MAX_MESSAGES = 4 << 20  # characters of all messages together; they are stored and shown
_PIECE = 1 << 20
_ID_LENGTH, _MESSAGE_LENGTH = 500, 2_000
# Worst last: one test may be written twice, for its call and for its teardown.
_BADNESS = ("passed", "skipped", "failed", "error")


class JunitError(Exception):
    """The file is no JUnit XML that may be read; the text says why."""


def parse(data: bytes) -> list[TestCase]:
    """The tests of a report, in order, with ids as pytest writes them; raises JunitError."""
    root = _root(data)
    found: dict[str, TestCase] = {}
    room = MAX_MESSAGES
    for number, element in enumerate(root.iter("testcase")):
        if number >= MAX_TESTS:
            raise JunitError(f"The test report has more than {MAX_TESTS} tests.")
        test = _test(element)
        room -= len(test.message)
        if room < 0:
            test = replace(test, message="")
        known = found.get(test.id)
        found[test.id] = test if known is None else _worse(known, test)
    return list(found.values())


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


def _test(element: Element) -> TestCase:
    outcome, message = _outcome(element)
    return TestCase(
        id=_node_id(element)[:_ID_LENGTH],
        outcome=outcome,
        seconds=_seconds(element.get("time", "")),
        message=message[:_MESSAGE_LENGTH],
    )


def _outcome(element: Element) -> tuple[str, str]:
    for tag, outcome in (("error", "error"), ("failure", "failed"), ("skipped", "skipped")):
        found = element.find(tag)
        if found is not None:
            head, body = found.get("message", ""), "".join(found.itertext()).strip()
            return outcome, "\n".join(_both(head, body))
    return "passed", ""


def _both(head: str, body: str) -> Iterator[str]:
    """The message and the end of the traceback: there stands what went wrong."""
    if head:
        yield head[: _MESSAGE_LENGTH // 2]
    if body and body != head:
        yield body[-(_MESSAGE_LENGTH // 2 - 1) :]


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return seconds if 0 <= seconds < 1e9 else 0.0


def _node_id(element: Element) -> str:
    file, name = element.get("file", ""), element.get("name", "")
    parts = [part for part in element.get("classname", "").split(".") if part]
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


def _worse(one: TestCase, other: TestCase) -> TestCase:
    return max(one, other, key=lambda test: _BADNESS.index(test.outcome))
