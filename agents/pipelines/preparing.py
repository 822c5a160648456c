"""The setup step: what kind of project it is, its dependencies, and how its tests are run."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from agents.pipelines import toolbox
from agents.pipelines.base import Stop
from agents.pipelines.checkouts import made_files
from agents.pipelines.commands import Command, Ended, checked, watch
from agents.pipelines.detect import Project, detect
from agents.pipelines.egress import setup_network
from agents.pipelines.records import Setup
from agents.pipelines.run import FixRun
from agents.pipelines.testing import TestPlan, command_of
from agents.sandboxes.base import Network, Reach, SandboxError, SandboxLost
from clusters.forges import elsewhere

_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install")
_NOT_INSTALLED = (
    "The project's dependencies are not installed: its settings allow no network during setup."
)


@dataclass(frozen=True, slots=True)
class _Python:
    """The Python of the tests: its path, and whether pytest is installed in it."""

    path: str
    has_pytest: bool = False
    notes: Sequence[str] = ()


def set_up(run: FixRun) -> Setup:
    """Install what the project asks for, as far as its settings allow; raises Stop."""
    project = _detect(run)
    run.journal.say(f"Project type: {project.kind}.")
    missing = elsewhere.notes(run.mirror.path, run.base)
    for note in missing:
        run.journal.say(note)
    python = _python(run, project)
    for note in python.notes:
        run.journal.say(note)
    if project.pytest:
        _check_pytest(run, python)
    _run_setup_command(run, python)
    plan = _plan(run, project, python)
    if plan.argv:
        run.journal.say(f"Tests: {shlex.join(command_of(plan))}")
    return Setup(project.kind, plan, [*missing, *python.notes])


def _detect(run: FixRun) -> Project:
    paths = run.mirror.tree(run.base)
    read = partial(run.mirror.read, run.base)
    try:
        return detect(paths, read, run.settings.test_command)
    except ValueError as error:
        raise Stop("setup_failed", f"The test command cannot be read: {error}.") from None


def _python(run: FixRun, project: Project) -> _Python:
    if project.kind != "python":
        return _Python("python3")
    if run.settings.setup_network == Reach.NONE:
        return _Python("python3", notes=[_NOT_INSTALLED])
    venv = f"{run.sandbox.root}/venv"
    made = _install(run, "venv", ["python3", "-m", "venv", "--clear", venv])
    if not made.ok:
        note = f"No virtual environment could be made: {made.last_line}"
        return _Python("python3", notes=[note])
    python = f"{venv}/bin/python"
    notes = _install_project(run, project, python)
    return _with_pytest(run, python, notes) if project.pytest else _Python(python, notes=notes)


def _with_pytest(run: FixRun, python: str, notes: list[str]) -> _Python:
    ended = _install(run, "pytest", [python, *_PIP, "pytest"])
    if ended.ok:
        return _Python(python, has_pytest=True, notes=notes)
    said = f"pytest could not be installed, so the platform brings it: {ended.last_line}"
    return _Python(python, notes=[*notes, said])


def _check_pytest(run: FixRun, python: _Python) -> None:
    env = {}
    if not python.has_pytest:
        toolbox.install(run.sandbox)
        env = {"PYTHONPATH": toolbox.folder_in(run.sandbox)}
    command = [python.path, "-m", "pytest", "--version"]
    try:
        checked(run.sandbox, command, env=env)
    except SandboxLost:
        raise
    except SandboxError as error:
        raise Stop("setup_failed", f"Python cannot run pytest. {error}") from error


def _install_project(run: FixRun, project: Project, python: str) -> list[str]:
    """What pip could not do, as sentences: tests may run all the same."""
    notes = []
    for number, (name, arguments) in enumerate(_wanted(run, project), start=1):
        ended = _install(run, f"pip-{number}", [python, *_PIP, *arguments])
        if not ended.ok:
            notes.append(f"pip could not install {name}: {ended.last_line}")
    return notes


def _wanted(run: FixRun, project: Project) -> list[tuple[str, list[str]]]:
    repository = run.sandbox.repository
    wanted = [(path, ["-r", f"{repository}/{path}"]) for path in project.requirements]
    if project.packages:
        listed = f"{run.sandbox.root}/dependency-groups.txt"
        run.sandbox.write(listed, "".join(f"{line}\n" for line in project.packages).encode())
        wanted.append(("the dependency groups", ["-r", listed]))
    if project.installable:
        extras = f"[{','.join(project.extras)}]" if project.extras else ""
        wanted.append(("the project", ["-e", f"{repository}{extras}"]))
    return wanted


def _install(run: FixRun, name: str, argv: Sequence[str]) -> Ended:
    command = Command(
        name=f"setup-{name}",
        argv=argv,
        cwd=run.sandbox.repository,
        timeout=run.settings.setup_timeout,
        env={"PIP_DISABLE_PIP_VERSION_CHECK": "1", **run.tools.setup_env},
        network=_network(run),
    )
    run.journal.say(f"$ {shlex.join(argv)}")
    return watch(run.sandbox, run.journal, command)


def _network(run: FixRun) -> Network:
    wanted = run.settings.setup_network
    return setup_network(run.settings, run.registries() if wanted == Reach.LIST else [])


def _run_setup_command(run: FixRun, python: _Python) -> None:
    if not run.settings.setup_command.strip():
        return
    try:
        argv = shlex.split(run.settings.setup_command)
    except ValueError as error:
        raise Stop("setup_failed", f"The setup command cannot be read: {error}.") from None
    network = _network(run)
    command = Command(
        name="setup-command",
        argv=_with_python(argv, python),
        cwd=run.sandbox.repository,
        timeout=run.settings.setup_timeout,
        env=run.tools.setup_env if network != Network.NONE else {},
        network=network,
    )
    run.journal.say(f"$ {shlex.join(argv)}")
    ended = watch(run.sandbox, run.journal, command)
    if not ended.ok:
        raise Stop("setup_failed", _why(ended))


def _why(ended: Ended) -> str:
    how = (
        f"ended with {ended.exit_code}" if ended.exit_code is not None else f"ended: {ended.reason}"
    )
    return f"The setup command {how}{f': {ended.last_line}' if ended.last_line else '.'}"


def _plan(run: FixRun, project: Project, python: _Python) -> TestPlan:
    try:
        made = made_files(run.sandbox)
    except SandboxError as error:
        raise Stop("setup_failed", f"Setup broke the repository: {error}") from error
    return TestPlan(
        argv=_with_python(list(project.command), python),
        pytest=project.pytest,
        toolbox=not python.has_pytest,
        source_roots=project.source_roots,
        made=made,
        user_site=_has_user_site(run),
    )


def _has_user_site(run: FixRun) -> bool:
    """Whether setup installed packages for the sandbox's user."""
    root = run.sandbox.root
    return run.sandbox.run(["test", "-d", f"{root}/.local/lib"], cwd=root).ok


def _with_python(argv: list[str], python: _Python) -> list[str]:
    """The command with our Python in the place of whichever Python or pytest it names."""
    if not argv:
        return argv
    if argv[0] in {"python", "python3"}:
        return [python.path, *argv[1:]]
    if argv[0] in {"pytest", "py.test"}:
        return [python.path, "-m", "pytest", *argv[1:]]
    return argv


def without_addopts(plan: TestPlan) -> TestPlan:
    """The plan for a project whose pytest options need plugins that are not there."""
    return replace(plan, ignore_addopts=True)
