"""A log over the deaths of its writers is the log of one writer that nothing happened to."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.logs.channels import Channels, Written
from agents.logs.pieces import Piece
from agents.logs.scrubber import MASK, Scrubber

TOKEN = "tok-9f8e7d6c5b4a"
SCRUBBER = Scrubber([TOKEN])
# What is awkward: secrets and their beginnings, codes, characters of several bytes, no characters.
WORDS = [
    TOKEN.encode(),
    TOKEN[:9].encode(),
    TOKEN.encode().hex().encode(),
    b"\x1b[31m",
    b"\x1b[",
    b"sk-",
    b"ghp_" + b"a1" * 18,
    b"https://bob:hunter2@example.org/",
    "ä\N{GRINNING FACE}".encode(),
    b"\xf0\x9f",
    b"\xff\x00\xed\xa0\x80",
    b"line\r\n",
    b" ",
]
OUTPUT = st.lists(st.sampled_from(WORDS) | st.binary(max_size=5), max_size=30).map(b"".join)


@dataclass
class Log:
    """What outlives every worker: text and what is held of each source, written together."""

    pieces: list[Piece] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)

    def append(self, pieces: Sequence[Piece]) -> None:
        self.pieces += pieces
        for piece in pieces:
            self.held[piece.source] += len(piece.text)

    def text(self, source: str) -> str:
        return "".join(piece.text for piece in self.pieces if piece.source == source)


def undisturbed(output: bytes) -> str:
    log = Log()
    channels = Channels(SCRUBBER, {})
    log.append(list(channels.pieces([Written("output", "a", output), Written("", "a", None)])))
    return log.text("a")


def cut(data: bytes, places: Sequence[int]) -> Iterator[bytes]:
    at = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    for begin, end in itertools.pairwise(at):
        yield data[begin:end]


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[list[int], int, int]]:
    """Of each worker that dies: where it cuts, after how many writes, and how many it stored."""
    one = st.tuples(st.lists(st.integers(0, 500), max_size=6), st.integers(0, 7), st.integers(0, 7))
    return draw(st.lists(one, max_size=4))


@settings(max_examples=300)
@given(outputs=st.tuples(OUTPUT, OUTPUT), workers=lives(), last=st.lists(st.integers(0, 500)))
def test_any_deaths_leave_neither_gap_nor_repeat(
    outputs: tuple[bytes, bytes], workers: list[tuple[list[int], int, int]], last: list[int]
) -> None:
    log = Log()
    for cuts, writes, stored in workers:
        channels = Channels(SCRUBBER, dict(log.held))
        for number, written in enumerate(_both(outputs, cuts)):
            if number == writes:
                break  # it dies with what it holds in memory
            pieces = list(channels.pieces([written]))
            if number < stored:
                log.append(pieces)
            else:
                break  # it dies between taking the text and storing it
    channels = Channels(SCRUBBER, dict(log.held))
    for written in _both(outputs, last):
        log.append(list(channels.pieces([written])))
    log.append(list(channels.pieces([Written("", "a", None), Written("", "b", None)])))
    log.append(list(channels.rest(final=True)))
    assert [log.text("a"), log.text("b")] == [*map(undisturbed, outputs)]


def _both(outputs: tuple[bytes, bytes], places: Sequence[int]) -> Iterator[Written]:
    """Two sources that take turns, each in its own pieces."""
    pieces = [list(cut(output, places)) for output in outputs]
    for first, second in zip(*pieces, strict=True):
        yield Written("output", "a", first)
        yield Written("agent", "b", second)


def test_what_a_source_holds_back_waits_for_the_next_worker_unless_it_has_ended() -> None:
    channels = Channels(SCRUBBER, {})
    written = [Written("output", "a", b"x tok-9f8e"), Written("output", "", b"y tok-9f8e")]
    shown = [*channels.pieces(written), *channels.rest(final=False)]
    assert shown == [Piece("output", "x ", "a"), Piece("output", "y "), Piece("output", "tok-9f8e")]

    again = Channels(SCRUBBER, {"a": 2})
    rest = [Written("output", "a", b"x tok-9f8e7d6c5b4a!"), Written("", "a", None)]
    assert "".join(piece.text for piece in again.pieces(rest)) == f"{MASK}!"


def test_the_end_of_a_source_comes_before_what_is_written_after_it() -> None:
    channels = Channels(SCRUBBER, {})
    written = [
        Written("output", "a", b"tok-"),
        Written("", "a", None),
        Written("platform", "", "The command ended.\n"),
    ]
    assert [piece.text for piece in channels.pieces(written)] == ["tok-", "The command ended.\n"]


def test_a_source_that_goes_on_after_its_end_is_counted_on() -> None:
    channels = Channels(SCRUBBER, {"a": 3})
    twice = [Written("output", "a", b"abcdef"), Written("", "a", None)] * 2
    assert [piece.text for piece in channels.pieces(twice)] == ["def"]
