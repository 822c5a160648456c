"""How an agent's program gets onto a machine: a pinned package of a registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Install:
    """A recipe. `program` is the name of the executable; `modules` come along (pip only).

    `inside` is where the executable is below the folder of the installation, when it is not where
    the installer puts all of them.
    """

    kind: Literal["npm", "pip"]
    package: str
    version: str
    program: str
    modules: Sequence[str] = ()
    inside: str = ""

    @property
    def folder(self) -> str:
        """The folder of this version below the folder of all agents' programs."""
        return f"{self.program}-{self.version}"

    def path(self, home: Path) -> Path:
        """Where the executable is once it is installed below `home`."""
        usual = "node_modules/.bin" if self.kind == "npm" else "bin"
        return home / self.folder / (self.inside or f"{usual}/{self.program}")

    def commands(self, prefix: str, *, python: str = "python3") -> list[list[str]]:
        """The commands that install it into the folder `prefix`, as argument lists."""
        pinned = f"{self.package}{'@' if self.kind == 'npm' else '=='}{self.version}"
        if self.kind == "npm":
            options = ["--no-audit", "--no-fund", "--no-update-notifier"]
            return [["npm", "install", "--prefix", prefix, *options, pinned]]
        return [
            [python, "-m", "venv", prefix],
            [f"{prefix}/bin/python", "-m", "pip", "install", pinned, *self.modules],
        ]
