"""The last steps before the end: the guard, and the pull request that tells what was proven."""

from __future__ import annotations

from collections.abc import Sequence

from agents.pipelines import guard, keeping, linting, pr_text, sticky
from agents.pipelines.agent_rounds import Work
from agents.pipelines.base import Artifact, Stop
from agents.pipelines.commits import find_again
from agents.pipelines.guard import Change, Finding, Policy
from agents.pipelines.opening import propose
from agents.pipelines.records import Baseline, Guarded, Published
from agents.pipelines.run import FixRun
from clusters.forges import diffs, elsewhere
from clusters.forges.base import ForgeError, Pull, PullState


def inspect(run: FixRun, number: int | None, work: Work) -> Guarded:
    """What the guard finds in the change; the draft tells when that keeps the change back."""
    _bring(run, work)
    policy = Policy(run.settings.guard, run.settings.protected)
    start = run.start_commit()
    change = Change(
        files=run.mirror.changed(run.base, work.head),
        diff=run.mirror.diff(run.base, work.head, max_bytes=guard.MAX_DIFF),
        commits=run.mirror.commits(start, work.head, limit=guard.MAX_COMMITS + 1),
        patches=diffs.patches(run.mirror.path, start, work.head, max_bytes=guard.MAX_DIFF),
        messages=diffs.messages(run.mirror.path, start, work.head, max_bytes=guard.MAX_DIFF),
        knows=lambda text: run.journal.scrub(text) != text,
        pointers={
            path
            for commit in (run.base, work.head)
            for path in elsewhere.pointers(run.mirror.path, commit)
        },
        lint=linting.issues(run, work.head) if policy.severity("lint") != "off" else (),
    )
    findings = guard.inspect(change, run.context.plan, run.commits_author, policy)
    for finding in findings:
        run.journal.say(f"Guard: {finding.path or 'the change'}: {finding.sentence}")
    if any(finding.kind == "secret" and finding.severity == "block" for finding in findings):
        run.journal.say("The change is not kept, because a secret may be in it.")
        keeping.forget(run)
    else:
        _keep_diff(run, work.head)
    blocked = guard.blocks(findings)
    if blocked and number is not None:
        _write(run, run.forge.get_pr(number, comments=False), findings)
    return Guarded(findings, blocked)


def reason(findings: Sequence[Finding]) -> str:
    """Why nothing was pushed, in a sentence for the job."""
    first = next(finding for finding in findings if finding.severity == "block")
    more = sum(finding.severity == "block" for finding in findings) - 1
    where = f"{first.path}: " if first.path else ""
    return f"{where}{first.sentence}{f' And {more} more.' if more else ''}"


def publish(
    run: FixRun,
    number: int | None,
    baseline: Baseline,
    work: Work,
    findings: Sequence[Finding],
) -> Published:
    """Push the commits, write the text, and mark the pull request ready only if it is proven."""
    _bring(run, work)
    text = pr_text.final_body(
        run.context,
        run.isolation,
        baseline.receipt,
        work.verification,
        findings,
        before_in=baseline.taken_from,
        summary=work.summary,
        budget_spent=work.budget_spent,
    )
    pull = _push_and_open(run, work, text) if number is None else _push(run, number, work, text)
    verified = work.verification.judgement.verified
    if verified:
        if pull.draft:
            run.forge.mark_ready(pull.number)
        _ask_for_review(run, pull.number)
    state = "is ready for review" if verified else "stays a draft" if pull.draft else "is open"
    run.journal.say(f"Pushed {work.head[:10]}. Pull request {pull.number} {state}.")
    return Published(work.head, verified, pull.number)


def _push(run: FixRun, number: int, work: Work, text: str) -> Pull:
    pull = run.forge.get_pr(number, comments=False)
    if pull.state != PullState.OPEN:
        said = f"Pull request {number} was {pull.state} in the meantime, so nothing was pushed."
        raise Stop("cancelled", said)
    run.forge.push(run.mirror, work.head, run.settings.branch)
    run.forge.update(number, body=sticky.replaced(pull.body, text))
    return pull


def _push_and_open(run: FixRun, work: Work, text: str) -> Pull:
    run.forge.push(run.mirror, work.head, run.settings.branch)
    return propose(run, text, draft=False)


def _ask_for_review(run: FixRun, number: int) -> None:
    if not run.settings.reviewers:
        return
    try:
        run.forge.request_reviewers(number, run.settings.reviewers)
    except ForgeError as error:
        run.journal.say(f"Nobody was asked for a review: {error}")


def _write(run: FixRun, pull: Pull, findings: Sequence[Finding]) -> None:
    text = pr_text.blocked_body(run.context, run.isolation, findings)
    run.forge.update(pull.number, body=sticky.replaced(pull.body, text))


def _bring(run: FixRun, work: Work) -> None:
    find_again(run, work.head, work.verification.head.round)


def _keep_diff(run: FixRun, head: str) -> None:
    text = run.mirror.diff(run.base, head)
    run.journal.artifact(Artifact("diff", "change.diff", "text/x-diff", text.encode()))
