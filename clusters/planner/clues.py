"""What the reports point at: paths, stack frames, names of code, messages, words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from clusters.planner.base import ClusterEvidence, Evidence
from clusters.planner.identifiers import terms
from clusters.planner.paths import is_text_file

_Find = Callable[[str], Iterable[str]]

_ITEMS = 60
_BODY = 20_000  # characters of one report
_PER_KIND = 200  # distinct clues of one kind
_REPEATS = 3  # a word that one report repeats counts so often at most

# A match starts where no path can go on to the left, so a long run is looked at once only.
_PATH = re.compile(r"(?<![\w./\\@-])[\w./\\@-]{1,300}\.\w{1,6}\b")
_PYTHON_FRAME = re.compile(r'File "([^"\n]{1,300})", line (\d{1,7})(?:, in (\w{1,80}))?')
_ARROW_FRAME = re.compile(
    r"\bat (?:async )?([\w.$<>]{1,200}) ?\((?:[a-z-]+://)?([^()\s:]{1,300}):(\d{1,7})"
)
_LINE_FRAME = re.compile(
    r"(?<![\w./\\@-])([\w./\\@-]{1,300}\.\w{1,6}):(\d{1,7})(?::in `(\w{1,80}))?"
)
# Issue templates explain themselves in comments; those are not the reporter's words.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TRACE = re.compile(
    r"^[ \t]*(?:Traceback \(most.*|File \".*(?:\n[ \t]{2,}.*)?|at .*:\d+\)?|[\w./\\-]{1,300}:\d+(?::.*| in .*)?)$",
    re.MULTILINE,
)
# Fenced or indented code, prompts of a console, and code marks within a line.
_EXCERPT = re.compile(
    r"```[^`]*(?:`{1,2}[^`]+)*(?:```|\Z)|^(?: {4}|\t| {0,3}>>> )[^\n]*|`[^`\n]+`", re.MULTILINE
)
_CODE = re.compile(r"`([^`\n]{2,120})`")
_NAME = re.compile(
    r"\b(?:[A-Za-z]\w{0,60}_\w{1,60}|[a-z]{2,30}[A-Z]\w{1,60}|[A-Z][a-z]{1,30}[A-Z]\w{1,60}"
    r"|[A-Za-z_]\w{1,60}(?=\(\)))"
)
_DOTTED = re.compile(r"(?<![\w./-])[A-Za-z_]\w{0,60}(?:\.[A-Za-z_]\w{0,60}){1,8}")
_ANY_NAME = re.compile(r"[A-Za-z_]\w{1,80}")
_QUOTED = re.compile(r"\"([^\"\n]{8,150})\"|'([^'\n]{8,150})'|“([^”\n]{8,150})”")
_MESSAGE = re.compile(r"\b[A-Z]\w{1,60}(?:Error|Exception|Warning)\b: ?([^\n]{8,200})")
_ERROR = re.compile(
    r"(?:^|\s)(?:\w{1,60}\.){0,8}([A-Z]\w{0,60}(?:Error|Exception)|[A-Z][a-z]\w{0,60}[A-Z]\w{0,60})(?=: )"
)
_FIXED_PART = re.compile(r"[A-Za-z][A-Za-z ,'-]{10,100}[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Frame:
    """A line of a stack trace. `depth` counts from the failing line, which is 0."""

    path: str
    line: int
    function: str
    depth: int
    item: int


@dataclass(frozen=True, slots=True)
class Clues:
    """What the reports say, each clue with the ids of the items that say it."""

    items: int
    words: dict[str, float]  # term -> weight
    title_words: dict[str, float]
    code_words: dict[str, float]  # of excerpts of code and of consoles
    word_items: dict[str, list[int]]
    paths: dict[str, list[int]]
    names: dict[str, list[int]]
    title_names: dict[str, list[int]]  # words of titles that may be names of code
    dotted: dict[str, list[int]]
    messages: dict[str, list[int]]
    errors: dict[str, list[int]]
    frames: list[Frame]


def read_clues(cluster: ClusterEvidence) -> Clues:
    """The clues of a cluster's first items."""
    items = cluster.items[:_ITEMS]
    frames = [frame for item in items for frame in _frames(item)][:_PER_KIND]
    words, titles, excerpts = Counter[str](), Counter[str](), Counter[str]()
    word_items: dict[str, list[int]] = defaultdict(list)
    for item in items or [Evidence(0, "", cluster.title, cluster.summary)]:
        prose = _prose(item)
        for term, count in terms(prose).items():
            words[term] += min(count, _REPEATS)
            if item.id:
                word_items[term].append(item.id)
        titles.update(terms(item.title).keys())
        for term, count in terms("\n".join(_EXCERPT.findall(prose))).items():
            excerpts[term] += min(count, _REPEATS)
    return Clues(
        items=max(len(items), 1),
        words=_weights(words, len(items)),
        title_words=_weights(titles, len(items)),
        code_words=_weights(excerpts, len(items)),
        word_items=dict(word_items),
        paths=_named_paths(items, frames),
        names=_index(items, _names),
        title_names=_index(items, _title_names),
        dotted=_index(items, _DOTTED.findall),
        messages=_index(items, _messages),
        errors=_index(items, _ERROR.findall),
        frames=frames,
    )


def _weights(counts: Counter[str], items: int) -> dict[str, float]:
    """The average over the reports: a word of one report among many is hardly the topic."""
    return {term: count / max(items, 1) for term, count in counts.items()}


def _text(item: Evidence) -> str:
    return f"{item.title}\n{_COMMENT.sub('', item.body[:_BODY])}"


def _prose(item: Evidence) -> str:
    """The text without stack traces, which count as frames: their words are the code's own."""
    return _TRACE.sub("\n", _text(item))


def _index(items: Sequence[Evidence], find: _Find) -> dict[str, list[int]]:
    """What `find` finds in the first line, the title, and all that follows."""
    found: dict[str, list[int]] = {}
    for item in items:
        for clue in dict.fromkeys(find(_text(item))):
            if clue in found or len(found) < _PER_KIND:
                found.setdefault(clue, []).append(item.id)
    return found


def _named_paths(items: Sequence[Evidence], frames: Sequence[Frame]) -> dict[str, list[int]]:
    """Paths that a person wrote, not those a stack trace passes through."""
    passed = {(frame.item, frame.path) for frame in frames}
    found = _index(items, _paths).items()
    written = {path: [item for item in ids if (item, path) not in passed] for path, ids in found}
    return {path: ids for path, ids in written.items() if ids}


def _paths(text: str) -> Iterable[str]:
    for path in _PATH.findall(text):
        if is_text_file(path):
            yield _normal(path)


def _names(text: str) -> Iterable[str]:
    for code in _CODE.findall(text):
        yield from (name for name in _ANY_NAME.findall(code) if len(name) > 3)
    yield from (name for name in _NAME.findall(text) if len(name) > 3)
    for dotted in _DOTTED.findall(text):
        owner, *parts = dotted.split(".")
        # `self.total` names what the reader's own object has, not a place.
        names = parts[1:] if owner in {"self", "this", "cls"} else [owner, *parts]
        yield from (name for name in names if len(name) > 3)


def _title_names(text: str) -> Iterable[str]:
    title = text.partition("\n")[0]
    return (name for name in _ANY_NAME.findall(title) if len(name) > 3)


def _messages(text: str) -> Iterable[str]:
    """The parts of quoted or raised messages that hold no value, as they may stand in the code."""
    quoted = (next(filter(None, groups)) for groups in _QUOTED.findall(text))
    for message in (*quoted, *_MESSAGE.findall(text)):
        yield from (part.strip() for part in _FIXED_PART.findall(message) if " " in part.strip())


def _frames(item: Evidence) -> list[Frame]:
    text = _text(item)
    # Python prints the failing line last, other languages first.
    python = [(p, n, f) for p, n, f in _PYTHON_FRAME.findall(text)][::-1]
    arrows = [(p, n, f.rsplit(".", 1)[-1]) for f, p, n in _ARROW_FRAME.findall(text)]
    found = python or arrows or _LINE_FRAME.findall(text)
    return [
        Frame(_normal(path), int(line), function, depth, item.id)
        for depth, (path, line, function) in enumerate(found[:50])
    ]


def _normal(path: str) -> str:
    return path.replace("\\", "/").removeprefix("./").lstrip("/")
