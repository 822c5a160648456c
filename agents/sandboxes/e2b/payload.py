"""What is brought into each machine: our own supervisor and the program that drives it there.

Found by its imports, so that what the local sandbox learns is known at E2B, too.
"""

from __future__ import annotations

import ast
import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = "agents.sandboxes.e2b.inside"
# Started as a folder of its own, see its `__main__`.
_SUPERVISOR = "agents/sandboxes/supervisor"
_START = """\
import sys

sys.path.insert(0, __file__.rpartition("/")[0])
from {program} import main

sys.exit(main(sys.argv[1:]))
"""
START = "start.py"


@dataclass(frozen=True, slots=True)
class Payload:
    """A compressed archive; `digest` names its content."""

    archive: bytes
    digest: str


@cache
def payload() -> Payload:
    """The same bytes for the same code."""
    files = {START: _START.format(program=_PROGRAM).encode()}
    for path in sorted({*_imported(), *(_ROOT / _SUPERVISOR).glob("*.py")}):
        name = path.relative_to(_ROOT)
        files[str(name)] = path.read_bytes()
        for folder in name.parents[:-1]:
            # Ours only gather names for others; here they would drag in the whole room.
            files.setdefault(str(folder / "__init__.py"), b"")
    digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:16]
    return Payload(_archive(files), digest)


def _archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), 6, mtime=0)


def _imported() -> set[Path]:
    """The program and all modules of ours that it needs, however far down."""
    found: set[Path] = set()
    todo = [_path(_PROGRAM)]
    while todo:
        path = todo.pop()
        if path is not None and path not in found:
            found.add(path)
            todo += [_path(name) for name in _names(path)]
    return found


def _names(path: Path) -> Iterator[str]:
    package = path.relative_to(_ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom):
            parts = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*parts, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _path(module: str) -> Path | None:
    path = _ROOT.joinpath(*module.split(".")).with_suffix(".py")
    return path if module.startswith("agents.") and path.is_file() else None
