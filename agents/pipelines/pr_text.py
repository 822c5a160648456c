"""The text of a pull request. What it claims comes from receipts, never from the agent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from agents.outcomes import outcome
from agents.pipelines import retry_text
from agents.pipelines.base import ReceiptDraft, ReceiptStatus
from agents.pipelines.context import FixContext
from agents.pipelines.guard import Finding
from agents.pipelines.quoting import (
    code,
    harmless,
    one_line,
    plain,
    prose,
    quoted,
    shortened,
    title,
)
from agents.pipelines.records import Verification

MAX_BODY = 60_000  # GitHub takes 65,536 characters
_QUOTES, _TESTS = 5, 20

_ISOLATION = {
    "machine": "a virtual machine of its own",
    "namespaces": "kept apart by namespaces of its own",
    "bubblewrap": "kept apart by bubblewrap",
    "landlock": "kept apart by Landlock",
    "none": "not isolated from its machine",
}
_STATUS = {
    ReceiptStatus.PASSED: "passed",
    ReceiptStatus.FAILED: "failed",
    ReceiptStatus.NO_TESTS: "no tests",
    ReceiptStatus.TIMED_OUT: "timed out",
    ReceiptStatus.ERROR: "could not run",
}


def pull_title(context: FixContext) -> str:
    """The title, on one line."""
    return title(context.title)


def start_message(context: FixContext) -> str:
    """The message of the empty commit that begins the branch."""
    trailers = f"Soulcaster-Job: {context.job_id}\n{agent_trailer(context)}\n"
    return f"{pull_title(context)}\n\n{trailers}"


def agent_trailer(context: FixContext) -> str:
    """The line of a commit's message that names who really wrote it."""
    names = (context.runner_title, context.runner_name)
    agent, runner = (harmless(shortened(one_line(name), 80)) for name in names)
    return f"Soulcaster-Agent: {agent or 'unknown'} ({runner})"


def signature(context: FixContext) -> str:
    """A comment in every text of this job's pull request, by which the job knows its own."""
    return f"<!-- soulcaster job {context.job_id} -->"


def draft_body(context: FixContext, isolation: str, *, progress: str = "") -> str:
    """The text while the work goes on; `progress` says how far it is."""
    lines = [
        f"**Work in progress:** {retry_text.under_way(context)} "
        "The text is replaced by what the tests showed.",
        *([plain(progress, 1_000)] if progress else []),
        *_section("What is planned", [prose(context.plan.summary)]),
        *_section("Steps", _numbered(context.plan.steps)),
        *_criteria(context),
        *_reports(context),
        *_origin(context, isolation),
    ]
    return _joined(context, lines)


def final_body(
    context: FixContext,
    isolation: str,
    baseline: ReceiptDraft,
    work: Verification,
    findings: Sequence[Finding],
    *,
    summary: str = "",
    budget_spent: str = "",
    before_in: int = 0,
) -> str:
    """The text of a change that was pushed: what was proven, or plainly that it was not.

    `summary` is the agent's own, shown as a quote; `budget_spent` a sentence when that ended its
    work; `before_in` the job in which the tests before the change ran, when that was an earlier one.
    """
    lines = [
        *_verdict(work),
        *([f"**The agent was stopped.** {plain(budget_spent, 1_000)}"] if budget_spent else []),
        *_section("What it is about", [prose(context.plan.summary)]),
        *_agents_words(summary),
        *_reports(context),
        *_proof(baseline, work),
        *retry_text.measured_in(context, before_in, work),
        *_tests(baseline, work),
        *_guard(findings),
        *_criteria(context),
        *_origin(context, isolation),
    ]
    return _joined(context, lines)


def blocked_body(context: FixContext, isolation: str, findings: Sequence[Finding]) -> str:
    """The text when the guard kept the commits back."""
    lines = [
        "**The change was kept back by the project's guard. Nothing was pushed to this branch.** "
        "Read the findings, then change the plan or the guard's rules and run the job again.",
        *_guard(findings),
        *_section("What is planned", [prose(context.plan.summary)]),
        *_reports(context),
        *_origin(context, isolation),
    ]
    return _joined(context, lines)


def _verdict(work: Verification) -> Iterator[str]:
    said = plain(work.judgement.sentence, 2_000)
    match work.judgement.outcome:
        case "verified":
            yield f"**Verified.** {said}"
        case "no_tests":
            yield f"**Not verified: there are no tests.** {said} Read the diff with care."
        case _:
            yield f"**Not verified.** {said} This stays a draft."


def _proof(baseline: ReceiptDraft, work: Verification) -> Iterator[str]:
    rows = [
        ("Before: the old tests on the old code", baseline),
        ("After: the new tests on the new code", work.head),
        ("Reproduction: the new tests on the old code", work.reproduction),
    ]
    yield "## Proof"
    yield "\n".join(
        [
            "| | result | passed | failed | skipped | exit code | time | commit |",
            "|---|---|--:|--:|--:|--:|--:|---|",
            *(_row(name, receipt) for name, receipt in rows),
        ]
    )
    commands = dict.fromkeys(receipt.command for _, receipt in rows if receipt.command)
    if commands:
        yield "Run with:"
        yield "\n".join(f"- {code(command, 500)}" for command in commands)
    if work.reproduction.status != ReceiptStatus.FAILED:
        yield f"There is no reproduction: {plain(work.reproduction.note, 1_000)}"


def _row(name: str, receipt: ReceiptDraft) -> str:
    skipped = sum(test.outcome == "skipped" for test in receipt.tests)
    counts = (len(receipt.passing()), len(receipt.failing()), skipped)
    shown = [str(count) if receipt.tests else "-" for count in counts]
    exit_code = "-" if receipt.exit_code is None else str(receipt.exit_code)
    cells = [name, _STATUS[receipt.status], *shown, exit_code, f"{receipt.seconds:.1f} s"]
    return f"| {' | '.join(cells)} | {code(receipt.commit[:10])} |"


def _tests(baseline: ReceiptDraft, work: Verification) -> Iterator[str]:
    """Every test that failed anywhere, with how it went on each code."""
    receipts = (baseline, work.reproduction, work.head)
    outcomes = [{test.id: test.outcome for test in receipt.tests} for receipt in receipts]
    failing = dict.fromkeys(test for receipt in receipts for test in receipt.failing())
    lines = [f"- {code(test)}: {_way([known.get(test) for known in outcomes])}" for test in failing]
    yield from _section("Tests that fail or failed", _at_most(lines, _TESTS))


def _way(outcomes: Sequence[str | None]) -> str:
    before, reproduced, after = outcomes
    old = before if before is not None else reproduced
    said = f"{old or 'not there'} → {after or 'not there'}"
    if before is not None and reproduced is not None and before != reproduced:
        return f"{said} (the changed test on the old code: {reproduced})"
    return said if before is not None or old is None else f"{said} (new test)"


def _guard(findings: Sequence[Finding]) -> Iterator[str]:
    outside = [finding.path for finding in findings if finding.kind == "outside_plan"]
    others = [finding for finding in findings if finding.kind != "outside_plan"]
    lines = [
        f"- {'**Blocked:** ' if finding.severity == 'block' else ''}"
        f"{code(finding.path) + ': ' if finding.path else ''}{plain(finding.sentence)}"
        for finding in others
    ]
    yield from _section("Please look at", lines)
    yield from _section("Changed outside of the plan", [f"- {code(path)}" for path in outside])


def _criteria(context: FixContext) -> Iterator[str]:
    lines = [f"- {plain(criterion.text)}" for criterion in context.plan.criteria]
    yield from _section("What must hold afterwards", lines)


def _reports(context: FixContext) -> Iterator[str]:
    told = [
        f"{plain(quote.title, 200) or 'Report'} ({plain(quote.source, 40)}, "
        f"report {quote.item_id})\n\n{quoted(quote.text)}".rstrip()
        for quote in context.quotes
    ]
    shown = _at_most(told, _QUOTES)
    if shown:
        yield "## Who asked for it"
        yield from shown


def _origin(context: FixContext, isolation: str) -> Iterator[str]:
    place = _ISOLATION.get(isolation, f"isolation: {plain(isolation, 40)}")
    job = f"job {context.job_id}"
    link = context.job_url.startswith(("https://", "http://")) and ")" not in context.job_url
    linked = f"[{job}]({context.job_url})" if link else job
    yield "---"
    asked = f"Asked for by {plain(context.requester.name, 100)}"
    plan = f"from version {context.plan_version} of the plan"
    if context.done is not None:
        yield f"{asked}, as {linked}. {retry_text.makers(context.done)}, {plan}."
        if context.done.verification is None:
            yield f"The tests of this job ran in a sandbox that was {place}."
    else:
        yield (
            f"{asked}. Made by {plain(context.runner_title, 100)} "
            f"({code(context.runner_name, 60)}) in a sandbox that was {place}, {plan}, as {linked}."
        )
    if context.agent_note and context.done is None:
        yield plain(context.agent_note, 500)
    if context.gate and context.gate.decision == "approved":
        yield f"Looked at and approved by {plain(context.gate.by, 100)} before it was pushed."


def _agents_words(summary: str) -> Iterator[str]:
    if summary:
        yield "## What the agent says"
        yield quoted(summary, 3_000)


def _section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    body = "\n".join(lines)
    if body:
        yield f"## {heading}"
        yield body


def _numbered(steps: Sequence[str]) -> list[str]:
    return [f"{number}. {plain(step)}" for number, step in enumerate(steps, start=1)]


def _at_most(lines: Sequence[str], limit: int) -> list[str]:
    rest = len(lines) - limit
    return [*lines[:limit], *([f"- … and {rest} more"] if rest > 0 else [])]


def _joined(context: FixContext, lines: Iterable[str]) -> str:
    body = "\n\n".join(lines)
    if len(body) > MAX_BODY:
        body = body[:MAX_BODY].rpartition("\n")[0] + "\n\n… The rest is left out: read the job."
    return f"{body}\n\n{signature(context)}\n"


def closing_comment(code_of_outcome: str, detail: str) -> str:
    """One sentence for a draft that is closed because the run ended without commits."""
    why = detail or outcome(code_of_outcome).sentence
    return f"Closed without a change. {plain(why, 1_000)}"
