"""How the doctor says what was found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # something is left out, or is not set up
    PROBLEM = "problem"  # something does not work


@dataclass(frozen=True, slots=True)
class Line:
    """One finding: a sentence, and another that says how to get what is missing.

    `name` is for programs, such as "redis" or "local_kilo"; it holds no secret.
    """

    name: str
    title: str
    state: State
    sentence: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return {name: str(value) for name, value in asdict(self).items()}
