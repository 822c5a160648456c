"""pytest for sandboxes that may not install anything: the worker's own copy, as an archive."""

from __future__ import annotations

import functools
import io
import tarfile
from importlib import metadata
from importlib.util import cache_from_source
from pathlib import Path, PurePosixPath

from agents.pipelines.commands import checked
from agents.sandboxes.base import Sandbox

_NEEDED = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")
# What pytest needs on older Pythons; the worker's Python may be too new to have them.
_WHEN_THERE = ("exceptiongroup", "tomli", "typing_extensions")
# Of some hundred languages, pytest colours these.
_LEXERS = {"__init__.py", "_mapping.py", "diff.py", "python.py"}


def folder_in(sandbox: Sandbox) -> str:
    """Where pytest lies in the sandbox, for PYTHONPATH."""
    return f"{sandbox.root}/toolbox"


def install(sandbox: Sandbox) -> None:
    """Put pytest into a fresh folder of the sandbox.

    Done again before every run: whatever ran in the sandbox before may have changed it.
    """
    folder = folder_in(sandbox)
    checked(sandbox, ["rm", "-rf", "--", folder])
    sandbox.write(f"{folder}/toolbox.tar.gz", build())
    checked(sandbox, ["tar", "-xzf", f"{folder}/toolbox.tar.gz", "-C", folder])


@functools.cache
def build() -> bytes:
    """A .tar.gz of pytest and what it needs, from the packages that this worker runs with."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=6) as archive:
        for name in (*_NEEDED, *_there()):
            _add(archive, metadata.distribution(name))
    return buffer.getvalue()


def _there() -> list[str]:
    installed = {entry.metadata["Name"].lower().replace("-", "_") for entry in _distributions()}
    return [name for name in _WHEN_THERE if name in installed]


def _distributions() -> list[metadata.Distribution]:
    return [entry for entry in metadata.distributions() if entry.metadata["Name"]]


def _add(archive: tarfile.TarFile, distribution: metadata.Distribution) -> None:
    for file in distribution.files or []:
        path = Path(str(distribution.locate_file(file)))
        if _belongs(PurePosixPath(file)) and path.is_file():
            _add_file(archive, str(file), path)
            _add_compiled(archive, str(file), path)


def _add_compiled(archive: tarfile.TarFile, name: str, source: Path) -> None:
    """The bytecode too, if there is some: compiling pytest takes a second of every run.

    Python uses it only if the time and size of the source agree, and the version is its own.
    """
    if source.suffix == ".py":
        compiled = Path(cache_from_source(str(source)))
        if compiled.is_file():
            _add_file(
                archive, f"{PurePosixPath(name).parent}/__pycache__/{compiled.name}", compiled
            )


def _add_file(archive: tarfile.TarFile, name: str, path: Path) -> None:
    data = path.read_bytes()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(data), 0o644, int(path.stat().st_mtime)
    archive.addfile(entry, io.BytesIO(data))


def _belongs(path: PurePosixPath) -> bool:
    if path.parts[:2] == ("pygments", "lexers"):
        return path.name in _LEXERS
    return ".." not in path.parts and "__pycache__" not in path.parts and not path.is_absolute()
