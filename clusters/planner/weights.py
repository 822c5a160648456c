"""What each signal is worth, as `manage.py fit_localisation` has measured it on solved issues."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

from clusters.planner.signals import Signals

# Signals from 0 to 1 by the name of their field; what speaks against a file has a weight below 0.
SPEAKING_FOR = (
    *("words", "title", "code_words", "part", "part_title", "path_words", "defined_words"),
    *("named", "module", "file_name", "symbols", "title_symbols", "messages", "frames", "tests"),
)
SPEAKING_AGAINST = ("other_language",)
NAMES = (*SPEAKING_FOR, *SPEAKING_AGAINST)


def _shipped() -> Mapping[str, float]:
    found = json.loads(files("clusters.planner").joinpath("weights.json").read_text("utf-8"))
    return {name: float(found[name]) for name in NAMES}


WEIGHTS = _shipped()


def values(signals: Signals) -> list[float]:
    """The signals in the order of NAMES."""
    return [float(getattr(signals, name)) for name in NAMES]


def total(signals: Signals, weights: Mapping[str, float] = WEIGHTS) -> float:
    """All that speaks for and against a file, weighted."""
    return sum(weights[name] * float(getattr(signals, name)) for name in NAMES)
