"""From bytes of any origin to text that every database and browser takes. Plain Python."""

from __future__ import annotations

import codecs
import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class Decoder:
    """Decodes UTF-8 that arrives in pieces; what is not UTF-8 becomes U+FFFD, NUL is left out.

    A character that is split over two pieces comes out whole with the second one.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def decode(self, data: bytes | str) -> str:
        """The text of the next piece; text is taken as it is, only cleaned."""
        if isinstance(data, bytes):
            return self._decoder.decode(data).replace("\0", "")
        return self.flush() + _SURROGATE.sub(_REPLACEMENT, data).replace("\0", "")

    def flush(self) -> str:
        """What an unfinished character at the end becomes: U+FFFD or nothing."""
        return self._decoder.decode(b"", final=True)
