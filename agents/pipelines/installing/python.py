"""A virtual environment with what a Python project asks for.

Who locked the versions installs them, if it is in the sandbox; else pip does, from the same
declarations and held to the versions of the lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.pipelines.detecting.base import Project, PythonNeeds
from agents.pipelines.installing.base import NOT_INSTALLED, Installed, Installer

_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install")
_PIP_ENV = {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def install(installer: Installer, project: Project) -> Installed:
    """Make the environment and install into it; what could not be done is told in notes."""
    assert project.python is not None
    if not installer.may_install:
        return Installed([NOT_INSTALLED])
    venv = f"{installer.sandbox.root}/venv"
    made = installer.install("venv", ["python3", "-m", "venv", "--clear", venv])
    if not made.ok:
        return Installed([f"No virtual environment could be made: {made.last_line}"])
    python = f"{venv}/bin/python"
    notes = _install_project(installer, project, project.python, python)
    if project.framework != "pytest":
        return Installed(notes, python)
    ended = installer.install("pytest", [python, *_PIP, "pytest"], env=_PIP_ENV)
    if ended.ok:
        return Installed(notes, python, has_pytest=True)
    said = f"pytest could not be installed, so the platform brings it: {ended.last_line}"
    return Installed([*notes, said], python)


def _install_project(
    installer: Installer, project: Project, needs: PythonNeeds, python: str
) -> list[str]:
    """What could not be installed, as sentences: tests may run all the same."""
    if not needs.installer:
        return _with_pip(installer, project, needs, python)
    if not installer.has(needs.installer):
        note = (
            f"{needs.installer} is not in the sandbox: pip installs the versions of its lock file."
        )
        return [note, *_with_pip(installer, project, needs, python)]
    ended = (_with_uv if needs.installer == "uv" else _with_poetry)(installer, project, needs)
    if ended is None:
        return []
    note = f"{needs.installer} could not install the project, so pip does: {ended}"
    return [note, *_with_pip(installer, project, needs, python)]


def _with_uv(installer: Installer, project: Project, needs: PythonNeeds) -> str | None:
    """Install as the lock says; None when that is done, else the last line of what it said."""
    venv = f"{installer.sandbox.root}/venv"
    extras = [word for extra in needs.extras for word in ("--extra", extra)]
    groups = [word for group in needs.groups for word in ("--group", group)]
    argv = ["uv", "sync", "--frozen", "--inexact", "--no-progress", *extras, *groups]
    env = {
        "UV_PROJECT_ENVIRONMENT": venv,
        "UV_PYTHON": f"{venv}/bin/python",
        "UV_PYTHON_DOWNLOADS": "never",
        # Links into a cache would let whoever changes the cache change what is installed.
        "UV_LINK_MODE": "copy",
    }
    ended = installer.install("uv", argv, folder=project.folder, env=env)
    return None if ended.ok else ended.last_line


def _with_poetry(installer: Installer, project: Project, needs: PythonNeeds) -> str | None:
    extras = [word for extra in needs.extras for word in ("--extras", extra)]
    root = [] if needs.installable else ["--no-root"]
    argv = ["poetry", "install", "--no-interaction", "--no-ansi", *root, *extras]
    venv = f"{installer.sandbox.root}/venv"
    env = {"VIRTUAL_ENV": venv, "POETRY_VIRTUALENVS_CREATE": "false"}
    ended = installer.install("poetry", argv, folder=project.folder, env=env)
    return None if ended.ok else ended.last_line


def _with_pip(installer: Installer, project: Project, needs: PythonNeeds, python: str) -> list[str]:
    pinned = list(_pinned(installer, needs))
    notes = []
    for number, (name, arguments) in enumerate(_wanted(installer, project, needs), start=1):
        argv = [python, *_PIP, *arguments, *pinned]
        ended = installer.install(f"pip-{number}", argv, env=_PIP_ENV)
        if not ended.ok:
            notes.append(f"pip could not install {name}: {ended.last_line}")
    return notes


def _pinned(installer: Installer, needs: PythonNeeds) -> Iterator[str]:
    if needs.pinned:
        listed = f"{installer.sandbox.root}/locked-versions.txt"
        installer.sandbox.write(listed, _lines(needs.pinned))
        yield from ("-c", listed)


def _wanted(
    installer: Installer, project: Project, needs: PythonNeeds
) -> Iterator[tuple[str, list[str]]]:
    place = installer.place(project.folder)
    for path in needs.requirements:
        yield path, ["-r", f"{place}/{path}"]
    if needs.packages:
        listed = f"{installer.sandbox.root}/declared-packages.txt"
        installer.sandbox.write(listed, _lines(needs.packages))
        yield "the declared packages", ["-r", listed]
    if needs.installable:
        extras = f"[{','.join(needs.extras)}]" if needs.extras else ""
        yield "the project", ["-e", f"{place}{extras}"]


def _lines(texts: Sequence[str]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()
