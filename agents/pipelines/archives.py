"""Installed packages of this worker as an archive, for sandboxes that may not install anything."""

from __future__ import annotations

import gzip
import io
import py_compile
import tarfile
import tempfile
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
    """The bytecode too: compiling takes a good part of a second of every run.

    Pythons of other versions do not look at it.
    """
    if source.suffix == ".py" and (data := _compiled(source)):
        path = PurePosixPath(name)
        _add_data(archive, str(path.parent / cache_from_source(path.name)), data, 0)


def _compiled(source: Path) -> bytes:
    """The bytecode of a file; empty bytes for one that is no Python of this version.

    It is believed without a look at the source, whose time says nothing after a journey.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "compiled")
        unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
        name = source.name  # in tracebacks; the worker's own path is nobody's business
        made = py_compile.compile(
            str(source), str(target), name, quiet=2, invalidation_mode=unchecked
        )
        return target.read_bytes() if made else b""


def _add_file(archive: tarfile.TarFile, name: str, path: Path) -> None:
    _add_data(archive, name, path.read_bytes(), int(path.stat().st_mtime))


def _add_data(archive: tarfile.TarFile, name: str, data: bytes, modified: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(data), 0o644, modified
    archive.addfile(entry, io.BytesIO(data))
