"""From what was written to text that may be shown, each source on its own way. Plain Python.

A source is fed from its beginning by every worker that follows it. What comes out does not depend
on how it was cut, so the characters that the log holds already are simply left out again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from agents.logs.decoder import Decoder
from agents.logs.pieces import CHUNK, Piece
from agents.logs.scrubber import Scrubber


class Written(NamedTuple):
    """What one call wrote, or a part of it; without data: the source has ended."""

    stream: str
    source: str
    data: bytes | str | None


class _Channel:
    """One source's way; `held` is how many of its characters the log holds."""

    def __init__(self, stream: str, scrubber: Scrubber, held: int) -> None:
        self.stream = stream
        self._scrubber = scrubber
        self._decoder = Decoder()
        self._held = held

    def text(self, data: bytes | str) -> str:
        return self._new(self._scrubber.feed(self._decoder.decode(data)))

    def rest(self) -> str:
        return self._new(self._scrubber.feed(self._decoder.flush()) + self._scrubber.flush())

    def _new(self, text: str) -> str:
        known = min(self._held, len(text))
        self._held -= known
        return text[known:]


class Channels:
    """All channels of one log. `held` says how many characters of each source the log holds.

    Text without a source goes on from where it is. A source speaks on one stream.
    """

    def __init__(self, scrubber: Scrubber, held: Mapping[str, int]) -> None:
        self._scrubber = scrubber
        self._held = dict(held)
        self._open: dict[tuple[str, str], _Channel] = {}

    def pieces(self, written: Iterable[Written]) -> Iterator[Piece]:
        """The new text, in order; what could be the beginning of a secret waits for more."""
        for (stream, source, kind), run in groupby(written, key=_alike):
            if kind is None:
                yield from self._end(source)
                continue
            empty: Any = kind()  # b"" or ""
            data = empty.join(part.data for part in run)
            channel = self._channel(stream, source)
            # By pieces: what is looked for in a text takes many times its memory.
            for begin in range(0, len(data), CHUNK):
                yield from self._told(channel, source, channel.text(data[begin : begin + CHUNK]))

    def rest(self, *, final: bool) -> Iterator[Piece]:
        """What waits for more that will not come.

        Of sources only when it is final: else the next worker feeds them again, and shows it.
        """
        for _, source in list(self._open):
            if final or not source:
                yield from self._end(source)

    def _channel(self, stream: str, source: str) -> _Channel:
        key = ("", source) if source else (stream, "")
        if key not in self._open:
            held = self._held.get(source, 0) if source else 0
            self._open[key] = _Channel(stream, self._scrubber.fork(), held)
        return self._open[key]

    def _end(self, source: str) -> Iterator[Piece]:
        ended = [key for key in self._open if key[1] == source]
        for key in ended:
            channel = self._open.pop(key)
            yield from self._told(channel, source, channel.rest())

    def _told(self, channel: _Channel, source: str, text: str) -> Iterator[Piece]:
        if not text:
            return
        if source:
            self._held[source] = self._held.get(source, 0) + len(text)
        yield Piece(channel.stream, text, source)


def _alike(part: Written) -> tuple[str, str, type[bytes | str] | None]:
    """Neighbours of the same source and type are handled as one."""
    return part.stream, part.source, None if part.data is None else type(part.data)
