"""What a job costs beside a bare script, and how many run beside each other.

Both do the same work with the same agent, whose recorded words take as long as we want.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from agents.models import Job
from soulcaster.bench.installation import installed, steps, waited
from soulcaster.bench.report import Figure, Options, at_least, at_most, fact
from soulcaster.bench.work import Work, unpack_pytest

AGENT_SECONDS, QUICK_SECONDS = 10.0, 1.0
QUEUED, QUICK_QUEUED = 50, 6
WORKERS, QUICK_WORKERS = 8, 2
ALONE, QUICK_ALONE = 4, 2  # jobs that one worker does one after the other
TEAMS = 3
# Long enough for the agents' waiting, and not the cores, to decide.
QUEUED_AGENT_SECONDS = 20.0
SECONDS_BAR, RATIO_BAR, CONCURRENCY_BAR, FAIRNESS_BAR = 1.5, 1.15, 0.8, 2.0


def run(options: Options) -> list[Figure]:
    """Overhead, then concurrency."""
    with TemporaryDirectory(prefix="soulcaster-bench-") as folder:
        return [
            *_overhead(Path(folder) / "overhead", options),
            *_concurrency(Path(folder), options),
        ]


def _overhead(folder: Path, options: Options) -> list[Figure]:
    """The script and the job take turns; the first of each warms up and does not count."""
    work = Work(QUICK_SECONDS if options.quick else AGENT_SECONDS)
    repository = work.make_repository(folder / "repository")
    tools = unpack_pytest(folder / "pytest")
    transcript = work.write_transcript(folder / "transcript.json")
    scripts: list[dict[str, float]] = []
    job_times, job_ids = [], []
    with installed(folder, transcript, jobs_at_once=4, say=options.say) as installation:
        project = installation.make_project("bench", repository, work.test_command)
        product = installation.product()
        for number in range(options.rounds + 1):
            options.say(f"  round {number} of {options.rounds}")
            place = folder / str(number)
            place.mkdir()
            scripts.append(work.run_script(repository, place, tools))
            cluster = installation.make_cluster(project)
            began = time.perf_counter()
            job_ids.append(product.start_fix(cluster.pk)["id"])
            installation.finish(job_ids[-1:])
            job_times.append(time.perf_counter() - began)
        return _costs(scripts[1:], job_times[1:], job_ids[1:], work.seconds)


def _costs(
    scripts: Sequence[dict[str, float]],
    jobs: Sequence[float],
    job_ids: Sequence[int],
    seconds: float,
) -> list[Figure]:
    plain, job = statistics.median(sum(each.values()) for each in scripts), statistics.median(jobs)
    parts = {name: statistics.median(each[name] for each in scripts) for name in scripts[0]}
    note = f"medians of {len(jobs)}, with an agent of {seconds:g} s and pytest"
    waits = [waited(each) for each in Job.objects.filter(pk__in=job_ids)]
    return [
        fact("a job", job, "s", plain=plain, note=note),
        at_most("a job over a script, added", job - plain, SECONDS_BAR, "s"),
        at_most("a job over a script", job / plain, RATIO_BAR, "x"),
        fact("of these, until a worker begins", statistics.median(waits), "s"),
        *(
            fact(f"of these, {name}", statistics.median(took), "s", plain=parts.get(name))
            for name, took in steps(job_ids).items()
        ),
    ]


def _concurrency(folder: Path, options: Options) -> list[Figure]:
    work = Work(QUICK_SECONDS if options.quick else QUEUED_AGENT_SECONDS, with_pytest=False)
    alone = QUICK_ALONE if options.quick else ALONE
    queued = QUICK_QUEUED if options.quick else QUEUED
    workers = QUICK_WORKERS if options.quick else WORKERS
    one = _queue(folder / "one", work, alone, 1, options)
    many = _queue(folder / "many", work, queued, workers, options)
    single, together = _per_minute(one), _per_minute(many)
    waits = _waits(many)
    agent = f"with an agent of {work.seconds:g} s"
    return [
        fact(
            "jobs per minute", together, plain=single, note=f"{workers} workers beside 1, {agent}"
        ),
        at_least(
            f"jobs per minute, {workers} workers over {workers} times one",
            together / (workers * single),
            CONCURRENCY_BAR,
            "x",
            note=f"{queued} jobs of {TEAMS} teams were queued at once",
        ),
        at_most(
            "mean wait of a team, longest over shortest",
            max(waits) / min(waits),
            FAIRNESS_BAR,
            "x",
            note=", ".join(f"{wait:.1f} s" for wait in waits) + "; each team asked after the other",
        ),
    ]


def _queue(folder: Path, work: Work, count: int, workers: int, options: Options) -> list[Job]:
    """All jobs of a team are asked for before those of the next one."""
    options.say(f"  {count} jobs, {workers} at once")
    repository = work.make_repository(folder / "repository")
    transcript = work.write_transcript(folder / "transcript.json")
    with installed(folder, transcript, jobs_at_once=workers, say=options.say) as installation:
        product = installation.product()
        projects = [
            installation.make_project(f"team-{number}", repository, work.test_command)
            for number in range(TEAMS)
        ]
        clusters = [
            installation.make_cluster(projects[number * TEAMS // count]) for number in range(count)
        ]
        # Somebody else's jobs keep the workers busy until all have asked, and warm them up.
        other = installation.make_project("other", repository, work.test_command)
        busy = [installation.make_cluster(other) for _ in range(workers)]
        asked = [product.start_fix(each.pk)["id"] for each in [*busy, *clusters]]
        return installation.finish(asked)[workers:]


def _per_minute(jobs: Sequence[Job]) -> float:
    began = min(job.started_at for job in jobs if job.started_at)
    ended = max(job.finished_at for job in jobs if job.finished_at)
    return len(jobs) / ((ended - began) / timedelta(minutes=1))


def _waits(jobs: Sequence[Job]) -> list[float]:
    """The mean wait of each team."""
    by_team: dict[int, list[float]] = {}
    for job in jobs:
        by_team.setdefault(job.project_id, []).append(waited(job))
    return [statistics.mean(each) for each in by_team.values()]
