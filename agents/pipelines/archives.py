"""Installed packages of this worker as an archive, for sandboxes that may not install anything."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable, Iterable
from importlib import metadata
from importlib.util import cache_from_source
from pathlib import Path, PurePosixPath

Wanted = Callable[[PurePosixPath], bool]


def pack(names: Iterable[str], wanted: Wanted) -> bytes:
    """A .tar.gz of the files of these distributions that are wanted, with their bytecode.

    The same bytes for the same files, because sandboxes know it by them.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in names:
            _add(archive, metadata.distribution(name), wanted)
    return gzip.compress(buffer.getvalue(), 6, mtime=0)


def installed(names: Iterable[str]) -> list[str]:
    """Those of the names that are installed here."""
    there = {entry.metadata["Name"] for entry in metadata.distributions()}
    known = {name.lower().replace("-", "_") for name in there if name}
    return [name for name in names if name in known]


def _add(archive: tarfile.TarFile, distribution: metadata.Distribution, wanted: Wanted) -> None:
    for file in distribution.files or []:
        path = Path(str(distribution.locate_file(file)))
        if _is_inside(PurePosixPath(file)) and wanted(PurePosixPath(file)) and path.is_file():
            _add_file(archive, str(file), path)
            _add_compiled(archive, str(file), path)


def _is_inside(path: PurePosixPath) -> bool:
    return ".." not in path.parts and "__pycache__" not in path.parts and not path.is_absolute()


def _add_compiled(archive: tarfile.TarFile, name: str, source: Path) -> None:
    """The bytecode too, if there is some: compiling takes a second of every run.

    Python uses it only if the time and size of the source agree, and the version is its own.
    """
    if source.suffix == ".py":
        compiled = Path(cache_from_source(str(source)))
        if compiled.is_file():
            folder = PurePosixPath(name).parent
            _add_file(archive, f"{folder}/__pycache__/{compiled.name}", compiled)


def _add_file(archive: tarfile.TarFile, name: str, path: Path) -> None:
    data = path.read_bytes()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(data), 0o644, int(path.stat().st_mtime)
    archive.addfile(entry, io.BytesIO(data))
