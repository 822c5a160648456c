"""What commands find on the host."""

from __future__ import annotations

from pathlib import Path

from agents.sandboxes.base import Isolation
from agents.sandboxes.local.view import HostView


def test_a_shown_toolchain_is_found_behind_the_system(tmp_path: Path) -> None:
    (tmp_path / "node" / "bin").mkdir(parents=True)
    (tmp_path / "cache").mkdir()
    view = HostView(python_prefixes=[], extra=[tmp_path / "node", tmp_path / "cache"])

    path = view.search_path(Isolation.NAMESPACES).split(":")

    assert path[-1] == f"{tmp_path}/node/bin"
    assert "/usr/bin" in path[:-1]


def test_the_python_of_an_agent_is_not_the_projects(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "pyvenv.cfg").touch()
    view = HostView(python_prefixes=[], extra=[tmp_path])

    assert str(tmp_path) not in view.search_path(Isolation.NAMESPACES)
