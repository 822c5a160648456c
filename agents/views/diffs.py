"""A unified diff as files, hunks and lines that have an address. Plain functions.

The text comes from git, but what it is about comes from a stranger: it is cut at limits, and
nothing of it is trusted to be well-formed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

LINES_LIMIT = 6_000  # shown on one page
LINE_LENGTH = 1_000  # characters
FOLD_ABOVE = 800  # lines of one file

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,\d{1,9})? \+(\d{1,9})(?:,\d{1,9})? @@")
_KINDS = {"+": "add", "-": "del", " ": "same"}


@dataclass(slots=True)
class Line:
    """`kind`: add | del | same | note. `anchor` is the line's address on the page, or ''."""

    kind: str
    sign: str
    text: str
    old: int | None = None
    new: int | None = None
    anchor: str = ""


@dataclass(slots=True)
class Hunk:
    """Lines that stand together."""

    header: str
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class File:
    """One file's changes. `change`: changed | added | deleted | renamed."""

    path: str
    anchor: str
    old_path: str = ""
    change: str = "changed"
    added: int = 0
    removed: int = 0
    note: str = ""
    outside: bool = False
    hunks: list[Hunk] = field(default_factory=list)

    @property
    def folded(self) -> bool:
        """Too long to be open at first."""
        return sum(len(hunk.lines) for hunk in self.hunks) > FOLD_ABOVE


@dataclass(slots=True)
class Diff:
    """Everything that a page shows. `cut` says that there is more."""

    files: list[File] = field(default_factory=list)
    cut: bool = False

    @property
    def added(self) -> int:
        """Lines that came."""
        return sum(file.added for file in self.files)

    @property
    def removed(self) -> int:
        """Lines that went."""
        return sum(file.removed for file in self.files)

    @property
    def outside(self) -> int:
        """Files that the plan does not name."""
        return sum(file.outside for file in self.files)


def parse(text: str, planned: Callable[[str], bool] | None = None) -> Diff:
    """Read `git diff`. `planned` says whether a path was to be expected."""
    diff = Diff()
    room = LINES_LIMIT
    for number, block in enumerate(_blocks(text), start=1):
        if room <= 0:
            diff.cut = True
            break
        file, used, complete = _file(block, f"file-{number}", room)
        file.outside = planned is not None and not planned(file.path)
        diff.files.append(file)
        diff.cut = diff.cut or not complete
        room -= used + 1  # a file without lines takes room as well
    return diff


def _blocks(text: str) -> Iterator[list[str]]:
    block: list[str] = []
    # Not splitlines(): a stranger's form feed or line separator is no end of a line here.
    for line in text.split("\n"):
        if line.startswith("diff --git "):
            if block:
                yield block
            block = [line]
        elif block:
            block.append(line)
    if block:
        yield block


def _file(block: list[str], anchor: str, room: int) -> tuple[File, int, bool]:
    file = File(path=_name_in_header(block[0]), anchor=anchor)
    start = next((place for place, line in enumerate(block) if line.startswith("@@ ")), len(block))
    for line in block[1:start]:
        _read_header(file, line)
    used, complete = _read_hunks(file, block[start:], room)
    if not file.hunks and not file.note:
        file.note = "Only the name or the mode changed."
    return file, used, complete


def _read_header(file: File, line: str) -> None:
    if line.startswith("new file mode"):
        file.change = "added"
    elif line.startswith("deleted file mode"):
        file.change = "deleted"
    elif line.startswith("rename from "):
        file.change, file.old_path = "renamed", _plain(line.removeprefix("rename from "))
    elif line.startswith("rename to "):
        file.path = _plain(line.removeprefix("rename to "))
    elif line.startswith("+++ ") and line != "+++ /dev/null":
        file.path = _plain(line[4:]).removeprefix("b/")
    elif line.startswith("--- ") and line != "--- /dev/null" and file.change == "deleted":
        file.path = _plain(line[4:]).removeprefix("a/")
    elif line.startswith(("Binary files ", "GIT binary patch")):
        file.note = "A binary file: its content cannot be shown here."


def _read_hunks(file: File, lines: list[str], room: int) -> tuple[int, bool]:
    old = new = used = 0
    for line in lines:
        if found := _HUNK.match(line):
            old, new = int(found[1]), int(found[2])
            file.hunks.append(Hunk(line[:LINE_LENGTH]))
            continue
        if not file.hunks or not line:
            continue
        if line[0] in "+-":
            file.added, file.removed = (
                file.added + (line[0] == "+"),
                file.removed + (line[0] == "-"),
            )
        if used >= room:
            continue  # still counted above
        kind = _KINDS.get(line[0], "note")
        row = Line(kind, "" if kind == "note" else line[0], line[1 : LINE_LENGTH + 1].rstrip("\r"))
        if kind in {"add", "same"}:
            row.new, row.anchor = new, f"{file.anchor}-{new}"
            new += 1
        if kind in {"del", "same"}:
            row.old = old
            old += 1
        file.hunks[-1].lines.append(row)
        used += 1
    return used, used < room


def _name_in_header(line: str) -> str:
    """The path of `diff --git a/x b/x`; used where no other line names it."""
    rest = line.removeprefix("diff --git ")
    half = (len(rest) - 1) // 2
    return _plain(rest[half + 1 :]).removeprefix("b/")


def _plain(name: str) -> str:
    """A path without git's quotes and the tab that may follow it."""
    name = name.rstrip("\t\r")
    if len(name) > 1 and name[0] == name[-1] == '"':
        return (
            re.sub(r"\\([0-7]{3})|\\(.)", _unescape, name[1:-1])
            .encode("latin-1", "replace")
            .decode("utf-8", "replace")
        )
    return name


def _unescape(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 8) & 0xFF)
    return {"n": "\n", "t": "\t"}.get(found[2], found[2])
