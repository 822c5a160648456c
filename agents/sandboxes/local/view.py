"""What a command sees of the host, and in whose name it runs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.sandboxes.base import Isolation, Network, Reach

# The user of every command when the worker is root.
NOBODY = 65534

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
_ETC = (
    "/etc/alternatives",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
)
_ETC_OPEN = ("/etc/pip.conf",)
# Without a view of its own, a command reads the host's.
_ETC_DIRECT = (
    "/etc/passwd",
    "/etc/group",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
)


@dataclass(frozen=True, slots=True)
class HostView:
    """The parts of the host that commands may read.

    `python_prefixes` come with their `bin` on PATH, and so do folders of `extra` that have one.
    """

    python_prefixes: Sequence[Path]
    extra: Sequence[Path]

    def read_only(
        self, isolation: Isolation, network: Network, also: Sequence[Path] = ()
    ) -> list[str]:
        """Paths to show, without those that lie inside another and those out of reach."""
        own = [*self.python_prefixes, *_with_targets(self.extra), *also]
        if isolation is not Isolation.NAMESPACES:
            own = [path for path in own if reachable(path)]
        wanted = [*map(Path, (*_SYSTEM, *_ETC)), *own]
        if network.reach is not Reach.NONE:
            wanted += map(Path, _ETC_OPEN)
        if isolation in (Isolation.LANDLOCK, Isolation.NONE):
            wanted += map(Path, _ETC_DIRECT)
        return _outermost(wanted)

    def search_path(self, isolation: Isolation) -> str:
        """PATH: the python prefixes first, then the system, then what else is shown."""
        prefixes, others = (
            self.python_prefixes,
            [each for each in self.extra if _has_programs(each)],
        )
        if isolation is not Isolation.NAMESPACES:
            prefixes = [prefix for prefix in prefixes if reachable(prefix)]
            others = [folder for folder in others if reachable(folder)]
        own = [f"{prefix}/bin" for prefix in prefixes if str(prefix) not in ("/usr", "/usr/local")]
        return ":".join([*own, _SYSTEM_PATH, *(f"{folder}/bin" for folder in others)])


def etc_files(user: int, home: str, network: Network) -> dict[str, str]:
    """The small files of /etc that a sandbox gets of its own."""
    files = {
        "passwd": f"root:x:0:0:root:/:/bin/sh\nsandbox:x:{user}:{user}::{home}:/bin/sh\n",
        "group": f"root:x:0:\nsandbox:x:{user}:\n",
        "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
        "hostname": "sandbox\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    }
    if network.reach is Reach.OPEN:
        # Text, not a bind: resolv.conf is often a link into /run.
        for name in ("hosts", "resolv.conf", "nsswitch.conf"):
            path = Path("/etc", name)
            if path.is_file():
                files[name] = path.read_text(errors="replace")
    return files


def reachable(path: Path) -> bool:
    """Can the user of the commands get there on the host?"""
    if os.geteuid() != 0:
        return os.access(path, os.R_OK)
    resolved = path.resolve()
    if not resolved.exists():
        return False
    return all(part.stat().st_mode & 0o001 for part in (resolved, *resolved.parents))


def default_prefixes() -> tuple[Path, ...]:
    """The prefix of the python that runs us (of its base, in a virtual environment)."""
    return (Path(sys.base_prefix),)


def missing_python(search_path: str) -> Path | None:
    """What `python` should mean where there is only `python3`; None if nothing is missing."""
    if shutil.which("python", path=search_path):
        return None
    found = shutil.which("python3", path=search_path)
    return Path(found) if found else None


def _has_programs(folder: Path) -> bool:
    """A toolchain such as Node.js; the Python of a virtual environment is nobody else's."""
    return (folder / "bin").is_dir() and not (folder / "pyvenv.cfg").exists()


def _with_targets(paths: Iterable[Path]) -> list[Path]:
    """A link alone would dangle: show what it leads to as well."""
    shown: list[Path] = []
    for path in paths:
        shown += [path, path.resolve()] if path.is_symlink() else [path]
    return shown


def _outermost(paths: Iterable[Path]) -> list[str]:
    kept: list[Path] = []
    for path in sorted({path for path in paths if path.exists()}):
        if not any(path.is_relative_to(outer) for outer in kept):
            kept.append(path)
    return [str(path) for path in kept]
