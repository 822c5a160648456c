from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from importlib.util import cache_from_source
from pathlib import Path, PurePosixPath

from agents.pipelines import toolbox


def names() -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(toolbox.build())) as archive:
        return archive.getnames()


def test_it_holds_what_pytest_needs_and_nothing_outside_of_its_folder() -> None:
    tops = {name.partition("/")[0] for name in names()}

    assert {"pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments"} <= tops
    assert not [name for name in names() if ".." in name or name.startswith("/")]
    assert not [name for name in names() if name.endswith(".so")]


def test_bytecode_comes_with_every_module() -> None:
    # Without it every run of tests would compile pytest again: half of a short run.
    present = set(names())
    modules = [PurePosixPath(name) for name in present if name.endswith(".py")]
    assert modules
    missing = [
        path for path in modules if str(path.parent / cache_from_source(path.name)) not in present
    ]
    assert missing == []


def test_bytecode_is_believed_whatever_the_time_of_its_source(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(toolbox.build())) as archive:
        archive.extractall(tmp_path)
    module = tmp_path / "iniconfig" / "__init__.py"
    module.write_text("raise SystemExit('compiled again')\n")
    subprocess.run([sys.executable, "-S", "-c", "import iniconfig"], cwd=tmp_path, check=True)


def test_it_is_built_once() -> None:
    assert toolbox.build() is toolbox.build()


def test_pytest_runs_from_it(tmp_path: Path) -> None:
    archive = tmp_path / "toolbox.tar.gz"
    archive.write_bytes(toolbox.build())
    (tmp_path / "toolbox").mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", tmp_path / "toolbox"], check=True)
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
