"""The first steps of a fix: may we, where, on which code, and the draft that says so."""

from __future__ import annotations

import time

from agents.pipelines import pr_text
from agents.pipelines.base import Stop
from agents.pipelines.commands import git
from agents.pipelines.records import Checkout, Draft, Preflight, Provision
from agents.pipelines.run import FixRun
from agents.sandboxes.base import Isolation, Sandbox, SandboxError, SandboxLost, SandboxSpec
from clusters.forges.base import Pull, PullState
from clusters.forges.mirrors import GitError

_EXCLUDED = (
    "__pycache__/",
    "*.py[cod]",
    ".pytest_cache/",
    ".mypy_cache/",
    ".ruff_cache/",
    ".hypothesis/",
    ".coverage",
    "*.egg-info/",
    ".venv/",
    "venv/",
    "node_modules/",
    ".DS_Store",
)


def preflight(run: FixRun) -> Preflight:
    """Find out what is in the way before anything is made; raises Stop."""
    access = run.forge.access()
    if access.empty:
        raise Stop("repository_empty", access.reason)
    if not access.can_write:
        raise Stop("no_write_access", access.reason)
    _check_branch(run)
    isolation = _probe(run)
    if run.tools.runner is None:
        run.journal.say("No model is configured: the run will end after the baseline.")
    return Preflight(time.time(), isolation)


def _check_branch(run: FixRun) -> None:
    pull = run.forge.find_pr(run.settings.branch)
    if pull is not None and pull.state == PullState.OPEN and not _is_ours(run, pull):
        raise Stop(
            "no_write_access",
            f"Pull request {pull.number} of {pull.author} uses the branch {pull.branch}, which "
            "this job needs. Close it, or rename its branch, and try again.",
        )


def _is_ours(run: FixRun, pull: Pull) -> bool:
    return pull.author == run.context.requester.name or pr_text.signature(run.context) in pull.body


def _probe(run: FixRun) -> Isolation:
    try:
        isolation = run.tools.sandboxes.probe()
    except SandboxError as error:
        raise Stop("sandbox_failed", str(error)) from error
    if isolation == Isolation.NONE and not run.settings.allow_unisolated:
        raise Stop("not_isolated")
    return isolation


def provision(run: FixRun) -> Provision:
    """A fresh sandbox; one that an interrupted attempt left over is closed first."""
    _close_left_over(run)
    # Commands end on their own a little after the job does, should nobody be there to end them.
    spec = SandboxSpec(label=run.label, wall_seconds=run.settings.time_limit + 60)
    sandbox = run.tools.sandboxes.create(spec)
    run.journal.say(f"The sandbox is ready (isolation: {sandbox.isolation}).")
    return Provision(sandbox.id, sandbox.isolation)


def _close_left_over(run: FixRun) -> None:
    for sandbox_id in run.tools.sandboxes.list(run.label):
        try:
            run.tools.sandboxes.connect(sandbox_id).close()
        except SandboxLost:
            continue


def checkout(run: FixRun) -> Checkout:
    """Put the newest commits into the sandbox, with an empty one of our own on top."""
    run.base = run.mirror.resolve(run.settings.base_branch)
    start = run.start_commit()
    bundle = run.tools.scratch / "checkout.bundle"
    shallow = run.mirror.bundle(start, bundle, depth=50)
    run.sandbox.put_repository(bundle, base=start, shallow=shallow)
    _configure(run, run.sandbox)
    run.journal.say(f"Checked out {run.settings.base_branch} at {run.base[:10]}.")
    return Checkout(run.base, start)


def _configure(run: FixRun, sandbox: Sandbox) -> None:
    git(sandbox, "config", "--local", "user.name", run.author.name)
    git(sandbox, "config", "--local", "user.email", run.author.email)
    lines = "\n".join(_EXCLUDED) + "\n"
    sandbox.write(f"{sandbox.repository}/.git/info/exclude", lines.encode())


def open_draft(run: FixRun) -> Draft:
    """Push the empty commit and open the draft, or find the one that is there already."""
    branch, start = run.settings.branch, run.start_commit()
    _clear_branch(run, start)
    run.forge.push(run.mirror, start, branch)
    pull = run.forge.open_draft(
        branch=branch,
        base_branch=run.settings.base_branch,
        title=pr_text.pull_title(run.context),
        body=pr_text.draft_body(run.context, run.isolation),
        author=run.context.requester,
    )
    run.journal.say(f"Opened draft pull request {pull.number}.")
    return Draft(pull.number)


def _clear_branch(run: FixRun, start: str) -> None:
    """Remove what an earlier attempt at this job left on the branch: it began elsewhere."""
    branch = run.settings.branch
    pull = run.forge.find_pr(branch)
    if pull is not None and pull.state == PullState.OPEN and pull.head_sha != start:
        run.forge.close(pull.number)
    try:
        tip = run.mirror.resolve(f"refs/heads/{branch}")
    except GitError:
        return
    if tip != start:
        run.forge.delete_branch(branch)
