"""Where agents' programs are on this machine, and what of it a sandbox must be able to read."""

from __future__ import annotations

import shutil
from pathlib import Path

from agents.runners.install import Install


def find(install: Install, home: Path) -> Path | None:
    """The executable: the version that was installed below `home`, else what is on PATH."""
    own = install.path(home)
    if own.exists():
        return own
    found = shutil.which(install.program)
    return Path(found) if found else None


def readable(program: Path) -> list[Path]:
    """Folders of this machine that the program needs, those below /usr left out."""
    resolved = program.resolve()
    needed = [program.parent, _package_root(resolved)]
    if not is_native(resolved) and (node := shutil.which("node")):
        needed.append(Path(node).resolve().parent.parent)
    return [path for path in dict.fromkeys(needed) if not path.is_relative_to("/usr")]


def is_native(program: Path) -> bool:
    """Whether it is machine code and needs no interpreter."""
    try:
        with program.open("rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def _package_root(program: Path) -> Path:
    """The outermost node_modules folder that holds it, its virtual environment, or its folder."""
    roots = [parent for parent in program.parents if parent.name == "node_modules"]
    if roots:
        return roots[-1]
    virtual = program.parent.parent
    return virtual if (virtual / "pyvenv.cfg").is_file() else program.parent
