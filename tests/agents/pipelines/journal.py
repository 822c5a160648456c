"""A journal in memory that keeps results as the real one does: as JSON, read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import TypeAdapter

from agents.pipelines.base import Artifact, Phase, ReceiptDraft
from agents.runners.base import AgentEvent
from agents.sandboxes.base import Blocked

T = TypeVar("T")
SECRET = "what-only-this-job-knows"  # to its scrubber
Hook = Callable[[str, int], None]


class Killed(BaseException):
    """The worker process dies here: nobody catches it."""


@dataclass
class Memory:
    """What outlives a worker."""

    steps: dict[tuple[str, int], bytes] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    receipts: dict[tuple[str, int], ReceiptDraft] = field(default_factory=dict)
    artifacts: dict[tuple[str, str], Artifact] = field(default_factory=dict)
    events: list[AgentEvent] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    blocked: list[tuple[Blocked, Phase]] = field(default_factory=list)
    output: bytearray = field(default_factory=bytearray)
    # How many events and bytes of each source are kept.
    told: Counter[str] = field(default_factory=Counter)
    printed: Counter[str] = field(default_factory=Counter)
    worked: list[str] = field(default_factory=list)  # steps that really ran, by name

    @property
    def log(self) -> str:
        return "\n".join(self.lines)


def _nothing(name: str, round: int) -> None:
    """No hook."""


class MemoryJournal:
    """One worker's journal, with places where a test may raise what it needs.

    `begun` is called when a step begins, `worked` when it ended, `kept` when its result is stored,
    and `beaten` at every beat.
    """

    def __init__(
        self,
        memory: Memory,
        *,
        begun: Hook = _nothing,
        kept: Hook = _nothing,
        worked: Hook = _nothing,
        beaten: Callable[[], None] = lambda: None,
    ) -> None:
        self.memory = memory
        self._begun, self._worked, self._kept, self._beaten = begun, worked, kept, beaten
        # What this worker has heard of each source: what was kept before is heard again.
        self._events: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    def step(self, name: str, result: type[T], work: Callable[[], T], *, round: int = 1) -> T:
        adapter = TypeAdapter(result)
        stored = self.memory.steps.get((name, round))
        if stored is None:
            self._begun(name, round)
            self.memory.worked.append(name)
            stored = adapter.dump_json(work())
            self._worked(name, round)
            self.memory.steps[name, round] = stored
            self._kept(name, round)
        return adapter.validate_json(stored)

    def say(self, text: str) -> None:
        self.memory.lines.append(text)

    def blocked(self, place: Blocked, phase: Phase) -> None:
        if (place, phase) not in self.memory.blocked:
            self.memory.blocked.append((place, phase))

    def output(self, data: bytes, source: str = "") -> None:
        known = max(0, self.memory.printed[source] - self._bytes[source]) if source else 0
        self._bytes[source] += len(data)
        self.memory.printed[source] = max(self.memory.printed[source], self._bytes[source])
        self.memory.output += data[known:]

    def ended(self, source: str) -> None:
        """Everything is kept at once here."""

    def receipt(self, receipt: ReceiptDraft) -> None:
        self.memory.receipts[receipt.kind, receipt.round] = receipt

    def scrub(self, text: str) -> str:
        return text.replace(SECRET, "[secret]")

    def artifact(self, artifact: Artifact) -> None:
        self.memory.artifacts[artifact.kind, artifact.name] = artifact

    def kept(self, kind: str, name: str) -> bytes:
        artifact = self.memory.artifacts.get((kind, name))
        return artifact.data if artifact else b""

    def emit(self, event: AgentEvent, source: str = "") -> None:
        self._events[source] += 1
        if not source or self._events[source] > self.memory.told[source]:
            self.memory.told[source] = self._events[source]
            self.memory.events.append(event)

    def beat(self) -> None:
        self._beaten()

    def recall(self, key: str) -> str:
        return self.memory.notes.get(key, "")

    def remember(self, key: str, value: str) -> None:
        self.memory.notes[key] = value
