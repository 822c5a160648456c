"""Random kills: a random process at a random moment, job after job.

`python -m tests.live.faults.kills --kills 50 --seed 7 --database postgres`
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from soulcaster.demo.flow import ENDED
from tests.live.faults.judge import judge
from tests.live.faults.product import KINDS, Product, running
from tests.live.faults.steady import expected
from tests.live.faults.viewer import Viewer
from tests.live.faults.waiting import PAUSE

MOST_OF_A_JOB = 4  # more would be a job that kills its workers
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Victim:
    """A process: one of the company, or a child of one."""

    name: str
    child: bool = False

    def __str__(self) -> str:
        return f"a child of {self.name}" if self.child else self.name


class Killer:
    """Kills at random, by a seed; the same seed chooses the same victims and pauses.

    `only` is the name of the one process that is killed, '' for any.
    """

    def __init__(self, product: Product, seed: int, say: Say, only: str) -> None:
        self.kills = 0
        self._product = product
        self._random = random.Random(seed)
        self._say = say
        self._only = only
        self._seconds = 0.0

    def look(self) -> None:
        """One job that nobody disturbs: how long it takes here and now, and that the judge holds."""
        began = time.monotonic()
        self.job(0)
        self._seconds = time.monotonic() - began

    def job(self, most: int) -> None:
        """One job, during which at most so many processes are killed; then the judge."""
        self._product.recover()
        job = self._product.start_fix(self._product.new_project())
        viewer = Viewer(self._product, job)
        began = time.monotonic()
        for moment in self._moments(most):
            if not self._await(began + moment, job):
                break
            self._kill(job)
            self._product.revive()
        ended = judge(self._product, job, expected(self._product.lines), viewer)
        self._say(
            f"job {job}: {ended.outcome}, taken up {ended.fence} times, the viewer connected "
            f"{viewer.connections} times"
        )

    def _moments(self, most: int) -> Sequence[float]:
        """Seconds after a job's start, anywhere in it."""
        count = self._random.randint(1, min(most, MOST_OF_A_JOB)) if most else 0
        return sorted(self._random.uniform(0.0, self._seconds) for _ in range(count))

    def _await(self, moment: float, job: int) -> bool:
        """Let the time pass; False when the job ended meanwhile."""
        while time.monotonic() < moment and not self._has_ended(job):
            time.sleep(PAUSE)
        return not self._has_ended(job)

    def _has_ended(self, job: int) -> bool:
        status = self._product.rows.one("SELECT status FROM agents_job WHERE id = ?", job)[0]
        return status in ENDED

    def _kill(self, job: int) -> None:
        victim = self._random.choice(self._victims())
        steps = self._product.rows.all(
            "SELECT s.name, s.status FROM agents_step s JOIN agents_execution e "
            "ON e.id = s.execution_id WHERE e.job_id = ? ORDER BY s.id DESC LIMIT 1",
            job,
        )
        self._say(f"job {job}: kill {victim}, at {steps}")
        if victim.child:
            self._product.company.kill_children(victim.name)
        else:
            self._product.company.kill(victim.name)
        self.kills += 1

    def _victims(self) -> Sequence[Victim]:
        """Everything but the database, which has tests of its own."""
        names = [
            name for name in self._product.company.names if name not in {"postgres", "migrate"}
        ]
        if self._only:
            return [Victim(self._only)]
        pools = [name for name in names if self._product.company.children(name)]
        # The one that works on the job dies most often.
        return [
            *map(Victim, names),
            *[Victim("worker")] * 2,
            *(Victim(name, True) for name in pools),
        ]


def kill_at_random(product: Product, kills: int, seed: int, say: Say, only: str = "") -> None:
    """Kill so many processes, in as many jobs as that takes; raises what the judge says."""
    say(f"seed {seed}, {kills} kills on {product.kind}")
    killer = Killer(product, seed, say, only)
    killer.look()
    while killer.kills < kills:
        killer.job(kills - killer.kills)


def main(arguments: Sequence[str]) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.live.faults.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--database", choices=KINDS, default="postgres")
    parser.add_argument("--only", default="", help="the one process to kill: worker, web, ...")
    options = parser.parse_args(arguments)

    def say(text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    with running(options.database) as product:
        kill_at_random(product, options.kills, options.seed, say, options.only)


if __name__ == "__main__":
    main(sys.argv[1:])
