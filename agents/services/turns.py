"""Whose turn it is, worked out from counts: no queries here."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from heapq import heapify, heappop, heappush

from django.conf import settings

from agents.models import Job


class Obstacle(Enum):
    """The limit that holds a job back."""

    AT_ONCE = auto()  # its project's, of jobs that run
    HOUR = auto()  # its project's, of jobs that began within an hour
    MINUTE = auto()  # everybody's, of jobs that began within a minute


@dataclass(frozen=True, slots=True)
class Waiting:
    """What decides about a waiting job.

    `begun`: a worker took it up before (it was put aside or approved), so that it begins nothing.
    `cancelled`: somebody stopped it, and a worker only has to tidy up: no limit holds that back.
    """

    id: int
    project: int
    team: int
    priority: int = Job.Priority.MEDIUM
    begun: bool = False
    cancelled: bool = False


@dataclass(slots=True)
class Counts:
    """What runs, and what began lately.

    `served` says in which order the last jobs of teams began (higher is later; the others began
    none lately), `opens` when a project's oldest beginning of the last hour will be an hour ago.
    """

    held: Counter[int] = field(default_factory=Counter)  # by project
    held_of_team: Counter[int] = field(default_factory=Counter)
    hour: Counter[int] = field(default_factory=Counter)  # by project
    minute: int = 0
    served: Counter[int] = field(default_factory=Counter)
    opens: dict[int, datetime] = field(default_factory=dict)

    def obstacle(self, job: Waiting) -> Obstacle | None:
        """What holds the job back now; None when it may begin."""
        if job.cancelled:
            return None
        if self.held[job.project] >= settings.PROJECT_JOBS_AT_ONCE:
            return Obstacle.AT_ONCE
        if job.begun:
            return None
        if self.hour[job.project] >= settings.PROJECT_JOBS_PER_HOUR:
            return Obstacle.HOUR
        return Obstacle.MINUTE if self.minute >= settings.JOBS_PER_MINUTE else None

    def take(self, job: Waiting) -> None:
        """The job begins."""
        self.held[job.project] += 1
        self.held_of_team[job.team] += 1
        if not job.begun:
            self.served[job.team] = max(self.served.values(), default=0) + 1
            self.hour[job.project] += 1
            self.minute += 1

    def let_a_while_pass(self) -> None:
        """What runs has ended, and a minute is over."""
        self.held.clear()
        self.held_of_team.clear()
        self.minute = 0


_Turn = tuple[bool, int, int, int, int, Waiting]  # the smallest goes first


class Turns:
    """The order in which waiting jobs begin, found by letting them begin in the counts."""

    def __init__(self, waiting: Iterable[Waiting], counts: Counts) -> None:
        self._counts = counts
        # Of one line, the limits hold back all or none. By team, so that only the one that was
        # served has to be looked at again.
        self._lines: dict[int, dict[tuple[int, bool, bool], deque[Waiting]]] = defaultdict(dict)
        for job in sorted(waiting, key=lambda job: (-job.priority, job.id)):
            line = (job.project, job.begun, job.cancelled)
            self._lines[job.team].setdefault(line, deque()).append(job)

    def left(self) -> list[Waiting]:
        """Those that have not begun."""
        return [job for lines in self._lines.values() for line in lines.values() for job in line]

    def now(self) -> Iterator[Waiting]:
        """Those that may begin now, each with those before it begun."""
        turns = [turn for team in self._lines if (turn := self._turn(team))]
        heapify(turns)
        while turns:
            job = heappop(turns)[-1]
            # The last one may have used up what all teams share.
            if self._counts.obstacle(job) is None:
                self._take(job)
                yield job
            if turn := self._turn(job.team):
                heappush(turns, turn)

    def later(self) -> Iterator[Waiting]:
        """The rest, as running jobs end and time passes."""
        while self.left():
            self._counts.let_a_while_pass()
            begun = False
            for job in self.now():
                begun = True
                yield job
            if not begun:
                self._counts.hour.clear()

    def _turn(self, team: int) -> _Turn | None:
        """The team's next job, and how soon it is its turn; None when none may begin."""
        heads = [line[0] for line in self._lines[team].values() if line]
        free = [job for job in heads if self._counts.obstacle(job) is None]
        if not free:
            return None
        job = min(free, key=lambda job: (not job.cancelled, -job.priority, job.id))
        counts = self._counts
        fair = (counts.held_of_team[team], counts.served[team])
        return not job.cancelled, *fair, -job.priority, job.id, job

    def _take(self, job: Waiting) -> None:
        self._lines[job.team][job.project, job.begun, job.cancelled].popleft()
        self._counts.take(job)
