"""The first steps of a fix: may we, where, on which code, and the draft that says so."""

from __future__ import annotations

import shlex

from agents.pipelines import pr_text, project_file, sticky, taking
from agents.pipelines.base import Stop
from agents.pipelines.commands import script
from agents.pipelines.detecting import folders
from agents.pipelines.project_file import FileSettings
from agents.pipelines.records import Checkout, Draft, Preflight, Provision
from agents.pipelines.run import FixRun
from agents.sandboxes.base import Isolation, Sandbox, SandboxError, SandboxLost, SandboxSpec
from clusters.forges.base import Finding, ForgeError, Pull, PullState
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

_CONFIGURE = """
git config --local user.name "$1"
git config --local user.email "$2"
mkdir -p .git/info .git/hooks
printf '%s\\n' "$3" > .git/info/exclude
printf %s "$4" > .git/hooks/prepare-commit-msg
chmod 755 .git/hooks/prepare-commit-msg
"""


def preflight(run: FixRun) -> Preflight:
    """Find out what is in the way before anything is made; raises Stop."""
    _check_forge(run)
    isolation = probe(run)
    if run.tools.runner is None:
        run.journal.say("No model is configured: the run will end after the baseline.")
    return Preflight(isolation)


def _check_forge(run: FixRun) -> None:
    findings = run.forge.findings(
        [file.path for file in run.context.plan.files],
        run.settings.branch,
        base_branch=run.settings.base_branch,
        issues=run.context.issues,
        mark=pr_text.signature(run.context),
        author=run.context.requester.name,
    )
    for finding in findings:
        run.journal.say(_said(finding))
    blocking = [finding for finding in findings if finding.severity == "block"]
    if blocking:
        raise Stop(blocking[0].code, " ".join(map(_said, blocking)))
    access = run.forge.access()
    if access.empty:
        raise Stop("repository_empty", access.reason)
    if not access.can_write:
        raise Stop("no_write_access", access.reason)


def _said(finding: Finding) -> str:
    return f"{finding.sentence} {finding.fix_url}".strip()


def probe(run: FixRun) -> Isolation:
    """How far commands can be kept apart here; raises Stop where that is not enough."""
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
    run.base = taking.base_of(run)
    start = taking.start_of(run)
    bundle = run.tools.scratch / "checkout.bundle"
    shallow = run.mirror.bundle(start, bundle, depth=50)
    run.sandbox.put_repository(bundle, base=start, shallow=shallow)
    _configure(run, run.sandbox)
    run.journal.say(f"Checked out {run.settings.base_branch} at {run.base[:10]}.")
    return Checkout(run.base, start, _about_itself(run))


def _about_itself(run: FixRun) -> FileSettings:
    """What the repository says at its base; raises Stop for a folder that is not there."""
    paths = run.mirror.tree(run.base)
    chosen = run.context.settings.folder
    try:
        folder = folders.usable(chosen)
    except ValueError as error:
        raise Stop("setup_failed", str(error)) from None
    if not folders.exists(folder, paths):
        raise Stop("setup_failed", f"The project's folder {folder} is not in the repository.")
    data = run.mirror.read(run.base, project_file.NAME, limit=project_file.MAX_BYTES + 1)
    file, sentences = project_file.read(data, paths, folder)
    for sentence in sentences:
        run.journal.say(sentence)
    return file


def _configure(run: FixRun, sandbox: Sandbox) -> None:
    """Whose commits they are, what git leaves alone, and who is named as their real author."""
    arguments = [run.author.name, run.author.email, "\n".join(_EXCLUDED), _hook(run)]
    script(sandbox, _CONFIGURE, *arguments)


def _hook(run: FixRun) -> str:
    """Let git end the message of every commit with a trailer: people read who wrote it."""
    trailer = shlex.quote(pr_text.agent_trailer(run.context))
    options = "--in-place --if-exists doNothing"
    return f'#!/bin/sh\nexec git interpret-trailers {options} --trailer {trailer} -- "$1"\n'


def open_draft(run: FixRun) -> Draft:
    """Push the empty commit and open the draft, or find the one that is there already."""
    branch, start = run.settings.branch, run.start_commit()
    _clear_branch(run, start)
    run.forge.push(run.mirror, start, branch)
    try:
        pull = propose(run, pr_text.draft_body(run.context, run.isolation), draft=True)
    except ForgeError as error:
        if error.code != "drafts_unsupported":
            raise
        run.journal.say("There are no drafts here: the pull request is opened after the work.")
        return Draft(None)
    run.journal.say(f"Opened draft pull request {pull.number}.")
    return Draft(pull.number)


def propose(run: FixRun, text: str, *, draft: bool) -> Pull:
    """Open the pull request of this job's branch, with the project's labels."""
    pull = run.forge.open_draft(
        branch=run.settings.branch,
        base_branch=run.settings.base_branch,
        title=pr_text.pull_title(run.context),
        body=sticky.fresh(text),
        author=run.context.requester,
        draft=draft,
    )
    if wanted := [label for label in run.settings.labels if label not in pull.labels]:
        try:
            run.forge.add_labels(pull.number, wanted)
        except ForgeError as error:
            run.journal.say(f"The labels were not put on the pull request: {error}")
    return pull


def _clear_branch(run: FixRun, start: str) -> None:
    """Remove what an earlier attempt at this job left on the branch: it began elsewhere."""
    branch = run.settings.branch
    try:
        tip = run.mirror.resolve(f"refs/heads/{branch}")
    except GitError:
        return
    if tip == start:
        return
    pull = run.forge.find_pr(branch)
    if pull is not None and pull.state == PullState.OPEN:
        run.forge.close(pull.number)
    run.forge.delete_branch(branch)
