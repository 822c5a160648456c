"""The path from reports to a pull request, as a caller of the product walks it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agents.outcomes import outcome
from soulcaster.demo.inputs import Inputs
from soulcaster.demo.product import Facts, Product, ProductError

GROUPING_SECONDS = 120.0
REASONS = 3  # of the rows of one file that were refused; the project's page has all
ENDED = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Ending:
    """How it went. `pull_request` is None when there is none."""

    job: int
    outcome: str
    sentence: str
    pull_request: Facts | None

    @property
    def exit_code(self) -> int:
        """Of `bin/demo --exit`: 0 only for a proven fix."""
        return outcome(self.outcome).exit_code


@dataclass(frozen=True, slots=True)
class Flow:
    """Walks the path. `say` takes progress, `wait` passes the given seconds usefully."""

    product: Product
    say: Callable[[str], None]
    wait: Callable[[float], None]

    def run(self, project: int, inputs: Inputs) -> Ending:
        """From the reports to the job's end; raises ProductError."""
        count = self._give_reports(project, inputs)
        cluster = self._first_cluster(project, count)
        self._plan(cluster["id"])
        job = self.product.start_fix(cluster["id"])
        self.say(f"Job {job['id']} started.")
        return self._follow(job["id"])

    def _give_reports(self, project: int, inputs: Inputs) -> int:
        """How many of them are new."""
        count = 0
        for upload in inputs.uploads:
            result = self.product.import_file(project, upload.name, upload.data, upload.kind)
            self.say(f"{upload.name}: {_import_sentence(result)}")
            for refused in result["refused"][:REASONS]:
                self.say(f"  row {refused['row']}: {refused['reason']}")
            count += result["created"]
        if inputs.report:
            result = self.product.add_report(project, inputs.report.title, inputs.report.body)
            self.say(f"Report: {inputs.report.title}")
            count += len(result["created"])
        if not count:
            raise ProductError("No report could be used: correct what is said above.")
        return count

    def _first_cluster(self, project: int, count: int) -> Facts:
        """The cluster that hurts most, once every report has one and all are ranked."""
        deadline = time.monotonic() + GROUPING_SECONDS
        while True:
            clusters = self.product.clusters(project)
            # Ranking comes last, and says of each whether somebody could start on it.
            grouped = sum(each["item_count"] for each in clusters if each["actionability"])
            if grouped >= count:
                break
            if time.monotonic() > deadline:
                raise ProductError(
                    f"Only {grouped} of {count} reports were grouped in time: see logs/worker.log."
                )
            self.wait(0.1)
        first = clusters[0]  # the product lists what hurts most first
        self.say(
            f"{_counted(count, 'report')} in {_counted(len(clusters), 'group')}; "
            f"the first ({first['item_count']}): {first['title']}"
        )
        return first

    def _plan(self, cluster: int) -> None:
        plan = self.product.make_plan(cluster)
        files = ", ".join(file["path"] for file in plan["content"]["files"][:3])
        self.say(f"Plan: {_first_line(plan['content']['summary'])}")
        if files:
            self.say(f"Most likely files: {files}")
        self.product.approve_plan(cluster, plan["version"])
        self.say("Plan approved.")

    def _follow(self, job: int) -> Ending:
        told: set[tuple[Any, ...]] = set()
        while True:
            facts = self.product.job(job)
            for execution in facts["executions"]:
                self._tell(execution, told)
            if facts["status"] in ENDED:
                sentence = " ".join(
                    filter(None, (facts["outcome_sentence"], facts["outcome_detail"]))
                )
                pulls = facts["pull_requests"]
                return Ending(job, facts["outcome"], sentence, pulls[-1] if pulls else None)
            self.wait(0.2)

    def _tell(self, execution: Facts, told: set[tuple[Any, ...]]) -> None:
        """Each step that ended and each receipt, once."""
        lines = [_step_line(step) for step in execution["steps"] if step["status"] != "running"]
        lines += [_receipt_line(receipt) for receipt in execution["receipts"]]
        for line in lines:
            if (execution["number"], line) not in told:
                told.add((execution["number"], line))
                self.say(line)


def _step_line(step: Facts) -> str:
    again = f" (round {step['round']})" if step["round"] > 1 else ""
    if step["status"] == "failed":
        return f"  {step['name']}{again} failed: {_first_line(step['error'])}"
    return f"  {step['name']}{again} done"


def _receipt_line(receipt: Facts) -> str:
    counts = ", ".join(
        f"{receipt[kind]} {kind}" for kind in ("passed", "failed", "skipped") if receipt[kind]
    )
    again = f" (round {receipt['round']})" if receipt["round"] > 1 else ""
    return (
        f"  receipt: {receipt['kind']}{again} on {receipt['commit'][:10]}: "
        f"{counts or receipt['status'].replace('_', ' ')} in {receipt['seconds']:.1f} s"
    )


def _import_sentence(result: Facts) -> str:
    parts = [f"{result['created']} new"]
    if result["duplicates"]:
        parts.append(f"{result['duplicates']} known already")
    if result["refused_count"]:
        parts.append(f"{result['refused_count']} refused")
    return ", ".join(parts)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _first_line(text: str, limit: int = 120) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
