"""The import contracts are kept, and a violation is found."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from soulcaster.launch.home import CHECKOUT

PACKAGES = ("soulcaster", "agents", "clusters", "credentials")
COMMAND = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The source, to plant something in."""
    for package in PACKAGES:
        shutil.copytree(
            CHECKOUT / package,
            tmp_path / package,
            ignore=lambda folder, names: [
                name
                for name in names
                if not name.endswith(".py") and not (Path(folder) / name).is_dir()
            ],
        )
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_contracts(folder: Path) -> set[str]:
    """The names of the contracts that do not hold."""
    result = subprocess.run(
        [sys.executable, "-c", COMMAND, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts:" in result.stdout, result.stdout + result.stderr
    broken = {
        line.rsplit(" BROKEN", 1)[0]
        for line in result.stdout.splitlines()
        if line.endswith(" BROKEN")
    }
    assert bool(broken) == bool(result.returncode)
    return broken


def test_the_source_keeps_them(copy: Path) -> None:
    assert broken_contracts(copy) == set()


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        (
            "credentials/services/teams.py",
            "import clusters.models",
            "The applications stand on each other in a straight line",
        ),
        ("agents/models/jobs.py", "import agents.services.jobs", "The floors of agents"),
        (
            "clusters/services/plans/versions.py",
            "import clusters.api.views",
            "The floors of clusters",
        ),
        (
            "credentials/models/people.py",
            "import credentials.services",
            "The floors of credentials",
        ),
        ("agents/pipelines/run.py", "import django.db", "Plain Python rooms know no framework"),
        (
            "agents/execute/run.py",
            "import credentials.services.keys",
            "Keys are revealed to the wiring alone",
        ),
        (
            "soulcaster/launch/home.py",
            "import django",
            "The launcher starts before any framework is imported",
        ),
    ],
)
def test_a_violation_is_found(copy: Path, file: str, line: str, contract: str) -> None:
    path = copy / file
    path.write_text(f"{path.read_text()}\n{line}\n")
    assert contract in broken_contracts(copy)
