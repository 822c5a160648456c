"""The journal of one execution: what the pipeline knows of the world, kept in rows."""

from __future__ import annotations

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
from agents.services import executions
from agents.services.leases import Lease

T = TypeVar("T")


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

    def step(self, name: str, result: type[T], work: Callable[[], T], *, round: int = 1) -> T:
        """The stored result, else the work's, stored before it is returned."""
        adapter = TypeAdapter(result)
        if stored := executions.stored_step(self._execution, name, round):
            value = adapter.validate_python(stored.result)
            self._after(value)
            return value
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
        return value

    def emit(self, event: AgentEvent) -> None:
        """An event of the agent: counted or written to the log; may raise BudgetSpent."""
        if isinstance(event, Usage):
            self._meter.count(event, self)
        elif text := render(event):
            self._recorder.write(LogChunk.Stream.AGENT, text)

    def say(self, text: str) -> None:
        """A line of the platform."""
        self._recorder.write(LogChunk.Stream.PLATFORM, text.rstrip("\n") + "\n")

    def blocked(self, place: Blocked, phase: Phase) -> None:
        """Keep the place for the job's page and say it in the log, once."""
        if executions.store_blocked(self._lease, self._execution, place, phase):
            self.say(
                f"Blocked: {place.host}:{place.port} is not among the hosts that the {phase} phase "
                "may reach. It can be allowed on the job's page."
            )

    def output(self, data: bytes) -> None:
        """What a command in the sandbox prints."""
        self._recorder.write(LogChunk.Stream.OUTPUT, data)

    def receipt(self, receipt: ReceiptDraft) -> None:
        """Keep a receipt with the log lines it was measured in."""
        executions.store_receipt(
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
        executions.store_artifact(self._lease, self._execution, artifact)

    def beat(self) -> None:
        """Go on, or raise what ends the work."""
        self._heart.check()

    def recall(self, key: str) -> str:
        """A text of this execution, or ''."""
        memory: dict[str, str] = Execution.objects.values_list("memory", flat=True).get(
            pk=self._execution.pk
        )
        return memory.get(key, "")

    def remember(self, key: str, value: str) -> None:
        """Store a text of this execution."""
        executions.remember(self._lease, self._execution, {key: value})

    def _position(self) -> int:
        self._recorder.flush()
        return self._recorder.position()


def _sentence(error: Exception) -> str:
    if isinstance(error, Stop):
        return error.detail or error.outcome
    if isinstance(error, Cancelled):
        return "Cancelled."
    return str(error) or type(error).__name__
