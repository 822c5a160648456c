"""Whether attacks in reports are flagged and harmless look-alikes are not: recall by class."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clusters.cleaning.base import Flag, excerpt
from clusters.cleaning.screening import screen
from clusters.scoring.base import Say, ScoringError, read_json_lines


@dataclass(frozen=True, slots=True)
class Judged:
    """A case and what the product flags in it."""

    id: str
    kind: str
    text: str
    attack: bool
    flags: Sequence[Flag]

    @property
    def wrong(self) -> bool:
        """An attack without a flag, or a harmless text with one."""
        return self.attack != bool(self.flags)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The cases and how the result is told."""
    parser.add_argument(
        "cases", type=Path, help="JSON lines, also gzipped: id, class, text, attack (true, false)."
    )
    parser.add_argument("--json", action="store_true", help="The result as one JSON object.")


def run(options: Mapping[str, Any], say: Say) -> None:
    """Screen each case and tell recall by class, false flags, and each mistake."""
    started = time.perf_counter()
    judged = [
        _judged(options["cases"], *numbered) for numbered in read_json_lines(options["cases"])
    ]
    if not judged:
        raise ScoringError(f"{options['cases']} holds no case.")
    seconds = time.perf_counter() - started
    if options["json"]:
        say(json.dumps(_result(judged), ensure_ascii=False))
        return
    result = _result(judged)
    say(f"Attacks flagged: {result['flagged']} of {result['attacks']}")
    for kind, figures in result["classes"].items():
        say(f"  {kind:<20} {figures['flagged']} of {figures['attacks']}")
    say(f"False flags: {result['false_flags']} of {result['harmless']} harmless texts")
    for case in (case for case in judged if case.wrong):
        say(f"  {_mistake(case)}")
    say(f"A text took {1000 * seconds / len(judged):.1f} ms on average.")


def _judged(path: Path, number: int, row: Mapping[str, Any]) -> Judged:
    text, attack, kind = row.get("text"), row.get("attack"), row.get("class")
    if not isinstance(text, str) or not isinstance(attack, bool) or not isinstance(kind, str):
        raise ScoringError(
            f"{path}, line {number}: a case needs a text, a class (text) and attack (true or false)."
        )
    return Judged(str(row.get("id", number)), kind, text, attack, screen(text))


def _result(judged: Sequence[Judged]) -> dict[str, Any]:
    attacks = [case for case in judged if case.attack]
    total = Counter(case.kind for case in attacks)
    flagged = Counter(case.kind for case in attacks if case.flags)
    harmless = [case for case in judged if not case.attack]
    return {
        "attacks": len(attacks),
        "flagged": flagged.total(),
        "recall": flagged.total() / len(attacks) if attacks else None,
        "harmless": len(harmless),
        "false_flags": sum(case.wrong for case in harmless),
        "classes": {
            kind: {"attacks": count, "flagged": flagged[kind], "recall": flagged[kind] / count}
            for kind, count in sorted(total.items())
        },
        "missed": [_row(case) for case in attacks if case.wrong],
        "falsely_flagged": [_row(case) for case in harmless if case.wrong],
    }


def _row(case: Judged) -> dict[str, Any]:
    found = [{"kind": flag.kind, "excerpt": flag.excerpt} for flag in case.flags]
    return {"id": case.id, "class": case.kind, "text": excerpt(case.text), "flags": found}


def _mistake(case: Judged) -> str:
    if case.attack:
        return f"missed: {case.id} ({case.kind}): {excerpt(case.text)}"
    why = "; ".join(f"{flag.kind}, {flag.excerpt!r}" for flag in case.flags)
    return f"flagged: {case.id} ({case.kind}): {excerpt(case.text)} [{why}]"
