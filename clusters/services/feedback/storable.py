"""JSON that every database keeps."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

# PostgreSQL refuses these in JSON; in JSON text they are written with a backslash.
_UNKEPT = re.compile("[\0\ud800-\udfff]")
_SUSPICIOUS = re.compile(r"\\u0000|\\u[dD][89a-fA-F]|NaN|Infinity")


def storable(value: Any) -> Any:
    """The value as plain lists and objects, without what a database cannot keep."""
    plain = _plain(value)
    return _cleaned(plain) if _SUSPICIOUS.search(json.dumps(plain)) else plain


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(part) for part in value]
    return value


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _UNKEPT.sub("", value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {_UNKEPT.sub("", name): _cleaned(part) for name, part in value.items()}
    return [_cleaned(part) for part in value] if isinstance(value, list) else value
