"""The setup step: what kind of project it is, its dependencies, and how its tests are run."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

from agents.pipelines import made, toolbox
from agents.pipelines.base import Stop
from agents.pipelines.checkouts import leave_out, made_files, put_back
from agents.pipelines.commands import Command, Ended, checked
from agents.pipelines.detecting.base import Files, Project
from agents.pipelines.detecting.table import detect
from agents.pipelines.installing import fetching, node, python
from agents.pipelines.installing.base import Installed, Installer
from agents.pipelines.plans import TestPlan, command_of
from agents.pipelines.records import Setup
from agents.pipelines.run import FixRun
from agents.sandboxes.base import Network, Reach, SandboxError, SandboxLost
from clusters.forges import elsewhere

_INSTALLERS: dict[str, Callable[[Installer, Project], Installed]] = {
    "python": python.install,
    "javascript": node.install,
    "typescript": node.install,
    "go": fetching.install,
    "rust": fetching.install,
}
_NAMED = 10
# Pythons outside of any project that are known to run our pytest, and how isolated.
_RUNS_OUR_PYTEST: set[tuple[str, str]] = set()
_MISSING = (
    "{} is not in the sandbox, so the tests of this project cannot run there. On a machine of your "
    "own, install it where sandboxes look, or show them its folder (SOULCASTER_SANDBOX_READ_ONLY)."
)


def set_up(run: FixRun) -> Setup:
    """Install what the project asks for, as far as its settings allow; raises Stop."""
    if Reach.LIST in (run.settings.setup_network, run.settings.agent_network):
        run.registries()  # before anything of the repository runs
    project = _detect(run)
    where = f" in {project.folder}" if project.folder else ""
    run.journal.say(f"Project type: {project.kind}{where}.")
    installer = Installer(run)
    notes = [*elsewhere.notes(run.mirror.path, run.base), *project.notes]
    notes += [_MISSING.format(name) for name in project.programs if not installer.has(name)]
    installed = _INSTALLERS.get(project.kind, _nothing)(installer, project)
    notes += installed.notes
    if project.framework == "pytest":
        _check_pytest(run, installed)
    _run_setup_command(installer, project, installed)
    plan = _plan(installer, project, installed)
    if installer.has_run:
        plan = _with_what_was_made(run, plan, notes)
    for note in notes:
        run.journal.say(note)
    if plan.argv:
        run.journal.say(f"Tests: {shlex.join(command_of(plan))}")
    return Setup(project.kind, plan, notes)


def _nothing(installer: Installer, project: Project) -> Installed:
    return Installed()


def _detect(run: FixRun) -> Project:
    files = Files(
        run.mirror.tree(run.base), partial(run.mirror.read, run.base), run.settings.folder
    )
    try:
        return detect(files, run.settings.test_command)
    except ValueError as error:
        raise Stop("setup_failed", f"The test command cannot be read: {error}.") from None


def _check_pytest(run: FixRun, installed: Installed) -> None:
    known = (installed.python, run.sandbox.isolation)
    if not installed.has_pytest and known in _RUNS_OUR_PYTEST:
        return
    env = {} if installed.has_pytest else {"PYTHONPATH": toolbox.folder_in(run.sandbox)}
    command = [installed.python, "-m", "pytest", "--version"]
    try:
        checked(run.sandbox, command, env=env)
    except SandboxLost:
        raise
    except SandboxError as error:
        raise Stop("setup_failed", f"Python cannot run pytest. {error}") from error
    if not installed.has_pytest and "/" not in installed.python:
        _RUNS_OUR_PYTEST.add(known)


def _run_setup_command(installer: Installer, project: Project, installed: Installed) -> None:
    run = installer.run
    if not run.settings.setup_command.strip():
        return
    try:
        argv = shlex.split(run.settings.setup_command)
    except ValueError as error:
        raise Stop("setup_failed", f"The setup command cannot be read: {error}.") from None
    network = installer.network()
    command = Command(
        name="setup-command",
        argv=_with_python(argv, installed),
        cwd=installer.place(project.folder),
        timeout=run.settings.setup_timeout,
        env=run.tools.setup_env if network != Network.NONE else {},
        network=network,
    )
    ended = installer.watched(command, argv)
    if not ended.ok:
        raise Stop("setup_failed", _why(ended))


def _why(ended: Ended) -> str:
    how = (
        f"ended with {ended.exit_code}" if ended.exit_code is not None else f"ended: {ended.reason}"
    )
    return f"The setup command {how}{f': {ended.last_line}' if ended.last_line else '.'}"


def _plan(installer: Installer, project: Project, installed: Installed) -> TestPlan:
    return TestPlan(
        argv=_with_program(installer, project, _with_python(list(project.command), installed)),
        framework=project.framework,
        folder=project.folder,
        environment=project.environment,
        module=project.module,
        toolbox=not installed.has_pytest,
        source_roots=project.source_roots,
    )


def _with_what_was_made(run: FixRun, plan: TestPlan, notes: list[str]) -> TestPlan:
    """The plan with what setup left behind, packed so that every run of tests can restore it."""
    try:
        changed = put_back(run.sandbox)
        files = made_files(run.sandbox)
        leave_out(run.sandbox, files)
    except SandboxError as error:
        raise Stop("setup_failed", f"Setup broke the repository: {error}") from error
    if changed:
        named = ", ".join(changed[:_NAMED])
        run.journal.say(f"Setup changed files of the repository, which were put back: {named}.")
    plan = replace(plan, made=files, user_site=_has_user_site(run))
    try:
        return replace(plan, kept=made.keep(run.sandbox, files))
    except SandboxLost:
        raise
    except SandboxError as error:
        notes.append(made.NOT_KEPT.format(error))
        return plan


def _has_user_site(run: FixRun) -> bool:
    """Whether setup installed packages for the sandbox's user."""
    root = run.sandbox.root
    return run.sandbox.run(["test", "-d", f"{root}/.local/lib"], cwd=root).ok


def _with_python(argv: list[str], installed: Installed) -> list[str]:
    """The command with our Python in the place of whichever Python or pytest it names."""
    if not argv:
        return argv
    if argv[0] in {"python", "python3"}:
        return [installed.python, *argv[1:]]
    if argv[0] in {"pytest", "py.test"}:
        return [installed.python, "-m", "pytest", *argv[1:]]
    return argv


def _with_program(installer: Installer, project: Project, argv: Sequence[str]) -> list[str]:
    """The command with the path of its program: a workspace keeps programs at its root."""
    if not argv or not argv[0].startswith("./node_modules/"):
        return list(argv)
    ups = len(PurePosixPath(project.folder).parts)
    place = installer.place(project.folder)
    for up in range(ups + 1):
        path = "../" * up + argv[0].removeprefix("./")
        if installer.sandbox.run(["test", "-e", f"{place}/{path}"]).ok:
            return [f"./{path}" if not up else path, *argv[1:]]
    return list(argv)


def without_addopts(plan: TestPlan) -> TestPlan:
    """The plan for a project whose pytest options need plugins that are not there."""
    return replace(plan, ignore_addopts=True)
