from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

from agents.pipelines import toolbox


def names() -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(toolbox.build())) as archive:
        return archive.getnames()


def test_it_holds_what_pytest_needs_and_nothing_outside_of_its_folder() -> None:
    tops = {name.partition("/")[0] for name in names()}

    assert {"pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments"} <= tops
    assert not [name for name in names() if ".." in name or name.startswith("/")]
    assert not [name for name in names() if name.endswith((".so", ".pyc"))]


def test_it_is_built_once() -> None:
    assert toolbox.build() is toolbox.build()


def test_pytest_runs_from_it(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(toolbox.build())) as archive:
        archive.extractall(tmp_path / "toolbox", filter="data")
    (tmp_path / "test_a.py").write_text("def test_a():\n    assert [1] == [2]\n")
    command = [sys.executable, "-S", "-m", "pytest", "--color=yes", "-p", "no:cacheprovider"]

    ran = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": "toolbox", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "1 failed" in ran.stdout
