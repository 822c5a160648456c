"""A repository's text files as a model may look at them: read-only, and never much at once.

Every method answers with text for the model, or raises LookupError with text for the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clusters.planner.base import SourceFile
from clusters.planner.scan import definitions

MOST_LISTED = 300
MOST_HITS = 60
MOST_LINES = 300
MOST_CHARACTERS = 12_000  # of one answer
_HIT = 200  # characters of a line that was found


class Shelf:
    """The files of one commit."""

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self._texts = {file.path: file.text for file in files}

    def list_files(self, folder: str = "") -> str:
        """Paths below a folder."""
        start = f"{folder.strip('./')}/" if folder.strip("./") else ""
        paths = [path for path in sorted(self._texts) if path.startswith(start)]
        if not paths:
            raise LookupError("There are no files below this folder.")
        return _cut(paths, MOST_LISTED, "name a folder")

    def search(self, text: str) -> str:
        """Lines that contain a text, upper and lower case alike."""
        wanted = text.strip().lower()
        if len(wanted) < 2 or "\n" in wanted:
            raise LookupError("Search for one line of at least two characters.")
        hits = (
            f"{path}:{number}: {line.strip()[:_HIT]}"
            for path, content in self._texts.items()
            if wanted in content.lower()
            for number, line in enumerate(content.split("\n"), 1)
            if wanted in line.lower()
        )
        return self._some(hits, "search for something narrower")

    def read(self, path: str, first: int = 1, last: int = MOST_LINES) -> str:
        """Numbered lines of a file, both ends included."""
        lines = self._text(path).split("\n")
        first = min(max(1, first), len(lines))
        last = min(len(lines), max(first, last), first + MOST_LINES - 1)
        shown = [f"{number:>5}  {lines[number - 1]}" for number in range(first, last + 1)]
        text = "\n".join(shown)[:MOST_CHARACTERS]
        return f"{text}\n[{path}: lines {first} to {last} of {len(lines)}]"

    def find_definitions(self, name: str) -> str:
        """Where functions, classes and the like of this name are defined."""
        wanted = name.strip().rpartition(".")[2]
        if not wanted:
            raise LookupError("Give the name of a function, a class or the like.")
        hits = (
            f"{path}:{content.count(chr(10), 0, offset) + 1}: {found}"
            for path, content in self._texts.items()
            if wanted in content
            for found, offset in definitions(content)
            if found == wanted
        )
        return self._some(hits, "name it more exactly")

    def _some(self, hits: Iterable[str], advice: str) -> str:
        shown: list[str] = []
        for hit in hits:
            if len(shown) == MOST_HITS:
                return "\n".join([*shown, f"[and more: {advice}]"])[:MOST_CHARACTERS]
            shown.append(hit)
        if not shown:
            raise LookupError("Nothing was found.")
        return "\n".join(shown)[:MOST_CHARACTERS]

    def _text(self, path: str) -> str:
        if path not in self._texts:
            raise LookupError("There is no text file of this path.")
        return self._texts[path]


def _cut(lines: Sequence[str], most: int, advice: str) -> str:
    more = [f"[and {len(lines) - most} more: {advice}]"] if len(lines) > most else []
    return "\n".join([*lines[:most], *more])[:MOST_CHARACTERS]
