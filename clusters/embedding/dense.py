"""The encoder of this process: loaded when it is first needed, and kept."""

from __future__ import annotations

import logging
from functools import cache

from clusters.embedding.minilm import MiniLM, folder

_log = logging.getLogger(__name__)


@cache
def encoder() -> MiniLM | None:
    """The sentence encoder; None, and a line in the log, where its package is not installed."""
    path = folder()
    if path is None:
        _log.warning("The sentence encoder is not installed: texts are compared by words alone.")
        return None
    return MiniLM(path)
