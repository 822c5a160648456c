"""Putting agents' programs onto this machine: the pinned version, or nothing at all."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agents.runners.install import Install

# A registry far away, and packages of some hundred megabytes.
INSTALL_SECONDS = 1800.0
VERSION_SECONDS = 60.0
_WORDS = 2_000  # characters of a failed command's output that are told
# What installers and their scripts, which are strangers' code, have no use for.
_OURS = re.compile(
    r"SECRET_KEY|DATABASE_URL|REDIS_URL|SOULCASTER_\w+|\w+_API_KEY|GITHUB_\w+", re.IGNORECASE
)
Say = Callable[[str], None]


class InstallFailed(Exception):
    """A program could not be installed; the text says why and what to do. Nothing was changed."""


def install(recipe: Install, home: Path, say: Say) -> Path:
    """Install a program below `home`; its path. What was there is replaced at the end, at once.

    `say` is told what is being done. Raises InstallFailed.
    """
    home.mkdir(parents=True, exist_ok=True)
    target = home / recipe.folder
    building = Path(tempfile.mkdtemp(prefix=f".{recipe.folder}-", dir=home))
    building.chmod(0o755)  # sandboxes of other users read it
    try:
        for command in recipe.commands(str(building), python=sys.executable):
            say(" ".join(command).replace(str(building), str(target)))
            _run(command, INSTALL_SECONDS)
        _check(recipe, building)
        _move_scripts(building, target)
        _put(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return recipe.path(home)


def version(recipe: Install, program: Path) -> str:
    """What a program says when it is asked for its version; raises InstallFailed."""
    with tempfile.TemporaryDirectory() as home:  # some write into it as they start
        return _run([str(program), "--version"], VERSION_SECONDS, HOME=home).strip()


def _check(recipe: Install, folder: Path) -> None:
    program = recipe.path(folder.parent)
    built = folder / program.relative_to(folder.parent / recipe.folder)
    if not built.exists():
        raise InstallFailed(f"{recipe.package} brought no program {recipe.program}.")
    said = version(recipe, built)
    if recipe.version not in said:
        raise InstallFailed(
            f"{recipe.program} says it is “{said[:100]}”, and {recipe.version} was to be installed."
        )


def _move_scripts(building: Path, target: Path) -> None:
    """Scripts of a virtual environment name its folder in their first line."""
    if not (building / "pyvenv.cfg").is_file():
        return
    for script in (building / "bin").iterdir():
        if script.is_symlink() or not script.is_file():
            continue
        data = script.read_bytes()
        if data.startswith(b"#!"):
            script.write_bytes(data.replace(bytes(building), bytes(target)))


def _put(building: Path, target: Path) -> None:
    """Swap the folders, so that nobody ever finds half a program."""
    old = target.with_name(f".{target.name}-old-{secrets.token_hex(4)}")
    if target.exists():
        target.rename(old)
    building.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _run(command: Sequence[str], seconds: float, **environment: str) -> str:
    """Run to the end and return what it says; raises InstallFailed."""
    try:
        done = subprocess.run(
            command,
            env={**_environment(os.environ), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise InstallFailed(_missing(command[0])) from error
    except OSError as error:
        raise InstallFailed(f"{command[0]} does not start: {error.strerror}.") from error
    except subprocess.TimeoutExpired as error:
        raise InstallFailed(f"{command[0]} did not end within {seconds:.0f} seconds.") from error
    said = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0:
        raise InstallFailed(
            f"{command[0]} ended with {done.returncode}. It said:\n{said.strip()[-_WORDS:]}"
        )
    return said


def _environment(known: Mapping[str, str]) -> dict[str, str]:
    """The operator's own (an index, a proxy, certificates), without the platform's secrets."""
    return {name: value for name, value in known.items() if not _OURS.fullmatch(name)}


def _missing(program: str) -> str:
    how = {"npm": "Install Node.js 20 or newer (Debian, Ubuntu: apt install nodejs npm)."}
    return f"There is no program {program} on PATH. {how.get(program, '')}".strip()
