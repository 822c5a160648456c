"""In which job a receipt was measured, when a retry took it over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agents.models import Receipt, Step

_KINDS = {
    "baseline": (Receipt.Kind.BASELINE,),
    "verify": (Receipt.Kind.HEAD, Receipt.Kind.REPRODUCTION),
}


def measured_in(steps: Iterable[Step]) -> Mapping[tuple[str, int], int]:
    """The earlier job of each receipt that an attempt took over, by its kind and round."""
    found = {}
    for step in steps:
        result = step.result if isinstance(step.result, dict) else {}
        if job := result.get("taken_from"):
            for kind in _KINDS.get(step.name, ()):
                found[kind.value, step.round] = int(job)
    return found
