"""The journal of one execution: what the pipeline knows of the world, kept in rows."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from pydantic import TypeAdapter

from agents.execute.heart import Heart
from agents.execute.meter import Meter
from agents.logs.recorder import Recorder
from agents.models import Execution, LogChunk
from agents.pipelines.base import Artifact, Cancelled, LeaseLost, Phase, ReceiptDraft, Stop
from agents.pipelines.records import AgentRound
from agents.runners.base import AgentEvent, Usage
from agents.runners.render import render
from agents.sandboxes.base import Blocked
from agents.services import evidence, executions, outages
from agents.services.leases import Lease

T = TypeVar("T")
_SAID = "said:"  # begins the names of the platform's lines among the sources


@outages.telling
class ExecutionJournal:
    """See `agents.pipelines.base.Journal`.

    `after` is told the result of each step that ended, also of one that was stored before.
    """

    def __init__(
        self,
        lease: Lease,
        execution: Execution,
        recorder: Recorder,
        heart: Heart,
        meter: Meter,
        after: Callable[[object], None],
    ) -> None:
        self._lease = lease
        self._execution = execution
        self._recorder = recorder
        self._heart = heart
        self._meter = meter
        self._after = after
        self._step_began = recorder.position()
        self._place = "start"  # of a platform's line: in a step, or after it
        self._said: Counter[str] = Counter()

    def step(self, name: str, result: type[T], work: Callable[[], T], *, round: int = 1) -> T:
        """The stored result, else the work's, stored before it is returned."""
        adapter = TypeAdapter(result)
        if stored := executions.stored_step(self._execution, name, round):
            value = adapter.validate_python(stored.result)
            self._after(value)
            self._leave(name, round)
            return value
        self._enter(f"{name}-{round}")
        self._step_began = self._position()
        row = executions.start_step(self._lease, self._execution, name, round, self._step_began)
        try:
            value = work()
        except LeaseLost:
            raise
        except Exception as error:
            said = self._recorder.scrub(_sentence(error))
            executions.end_step(self._lease, row, seq=self._position(), error=said)
            raise
        if isinstance(value, AgentRound):
            # The agent's own words go into the job's page and the pull request's comments.
            scrub = self._recorder.scrub
            value = replace(value, reason=scrub(value.reason), summary=scrub(value.summary))
        dumped = adapter.dump_python(value, mode="json")
        self._after(value)
        executions.end_step(self._lease, row, seq=self._position(), result=dumped)
        self._leave(name, round)
        return value

    def emit(self, event: AgentEvent, source: str = "") -> None:
        """An event of the agent: counted or written to the log; may raise BudgetSpent."""
        if isinstance(event, Usage):
            self._meter.count(event, self, source)
        elif text := render(event):
            self._recorder.write(LogChunk.Stream.AGENT, text, source)

    def say(self, text: str) -> None:
        """A line of the platform; one that an interrupted worker said at this place is not repeated."""
        line = text.rstrip("\n") + "\n"
        named = hashlib.sha256(line.encode("utf-8", "replace")).hexdigest()[:16]
        self._said[named] += 1
        source = f"{_SAID}{self._place}:{named}:{self._said[named]}"
        self._recorder.write(LogChunk.Stream.PLATFORM, line, source, last=True)

    def blocked(self, place: Blocked, phase: Phase) -> None:
        """Keep the place for the job's page and say it in the log, once."""
        if evidence.store_blocked(self._lease, self._execution, place, phase):
            self.say(
                f"Blocked: {place.host}:{place.port} is not among the hosts that the {phase} phase "
                "may reach. It can be allowed on the job's page."
            )

    def output(self, data: bytes, source: str = "") -> None:
        """What a command in the sandbox prints."""
        self._recorder.write(LogChunk.Stream.OUTPUT, data, source)

    def ended(self, source: str) -> None:
        """Nothing more will come from the source."""
        self._recorder.end(source)

    def receipt(self, receipt: ReceiptDraft) -> None:
        """Keep a receipt with the log lines it was measured in."""
        evidence.store_receipt(
            self._lease,
            self._execution,
            receipt,
            first_seq=self._step_began,
            last_seq=self._position(),
        )

    def scrub(self, text: str) -> str:
        """The text without secrets."""
        return self._recorder.scrub(text)

    def artifact(self, artifact: Artifact) -> None:
        """Keep a file."""
        evidence.store_artifact(self._lease, self._execution, artifact)

    def kept(self, kind: str, name: str) -> bytes:
        """The bytes of a file that was kept, or b""."""
        return evidence.kept(self._execution, kind, name)

    def beat(self) -> None:
        """Go on, or raise what ends the work."""
        self._heart.check()

    def recall(self, key: str) -> str:
        """A text of this execution, or ''."""
        return executions.recall(self._execution, key)

    def remember(self, key: str, value: str) -> None:
        """Store a text of this execution."""
        executions.remember(self._lease, self._execution, {key: value})

    def _enter(self, place: str) -> None:
        self._place = place
        self._said.clear()

    def _leave(self, name: str, round: int) -> None:
        """The step will not run again, so its lines need not be known any more."""
        self._recorder.forget(f"{_SAID}{name}-{round}:")
        self._enter(f"after-{name}-{round}")

    def _position(self) -> int:
        self._recorder.flush()
        return self._recorder.position()


def _sentence(error: Exception) -> str:
    if isinstance(error, Stop):
        return error.detail or error.outcome
    if isinstance(error, Cancelled):
        return "Cancelled."
    return str(error) or type(error).__name__
