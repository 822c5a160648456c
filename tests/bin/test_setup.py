"""`bin/setup`: instant when nothing is to be done, plain words when something is missing."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from soulcaster.launch.home import CHECKOUT

NEEDED = ("bash", "chmod", "dirname", "git", "mkdir", "rm", "sha256sum", "sleep")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh clone: commands and requirements, no virtual environment."""
    folder = tmp_path / "a clone"
    shutil.copytree(CHECKOUT / "bin", folder / "bin")
    for name in ("requirements.txt", "requirements-dev.txt"):
        shutil.copy(CHECKOUT / name, folder / name)
    return folder


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH with hardly anything on it."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in NEEDED:
        program = shutil.which(name)
        assert program is not None
        (folder / name).symlink_to(program)
    return folder


def add_tool(tools: Path, name: str, script: str) -> None:
    (tools / name).write_text(f"#!{shutil.which('bash')}\n{script}\n")
    (tools / name).chmod(0o755)


def setup(checkout: Path, tools: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "bin/setup", *arguments],
        env={"PATH": str(tools), "HOME": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


def pretend_installed(checkout: Path, kind: str, file: str) -> None:
    programs = checkout / ".venv/bin"
    programs.mkdir(parents=True, exist_ok=True)
    add_tool(programs, "python", "echo 'python was called' >&2; exit 1")
    digest = hashlib.sha256((checkout / file).read_bytes()).hexdigest()
    (checkout / f".venv/.installed-{kind}").write_text(f"{digest}  -\n")


def test_without_python_it_says_so(checkout: Path, tools: Path) -> None:
    result = setup(checkout, tools)
    assert result.returncode == 1
    assert "Soulcaster needs Python 3.11 or newer, and found none." in result.stderr
    assert "apt install python3 python3-venv" in result.stderr


def test_a_python_that_is_too_old_is_none(checkout: Path, tools: Path) -> None:
    add_tool(tools, "python3", "exit 1")  # as an older one answers the question for its version
    assert "Python 3.11 or newer" in setup(checkout, tools).stderr


def test_without_the_venv_module_it_says_so(checkout: Path, tools: Path) -> None:
    add_tool(
        tools,
        "python3",
        'case "$2" in *version_info*) echo "$0" ;; *venv*) exit 1 ;; esac',
    )
    result = setup(checkout, tools)
    assert result.returncode == 1
    assert "has no venv module." in result.stderr


def test_without_git_it_says_so(checkout: Path, tools: Path) -> None:
    (tools / "git").unlink()
    assert "Soulcaster needs git, and found none." in setup(checkout, tools).stderr


def test_what_is_installed_is_not_touched(checkout: Path, tools: Path) -> None:
    pretend_installed(checkout, "runtime", "requirements.txt")
    result = setup(checkout, tools)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_other_pins_are_installed(checkout: Path, tools: Path) -> None:
    pretend_installed(checkout, "runtime", "requirements.txt")
    (checkout / "requirements.txt").write_text("other==1\n")
    assert "Installing the runtime packages" in setup(checkout, tools).stderr


def test_the_development_packages_are_asked_for_apart(checkout: Path, tools: Path) -> None:
    pretend_installed(checkout, "runtime", "requirements.txt")
    assert (
        "Installing the dev packages of requirements-dev.txt"
        in setup(checkout, tools, "--dev").stderr
    )


def test_an_unknown_argument_is_refused(checkout: Path, tools: Path) -> None:
    result = setup(checkout, tools, "--everything")
    assert (result.returncode, result.stderr) == (1, "Usage: bin/setup [--dev]\n")


def test_two_at_once_install_once(checkout: Path, tools: Path) -> None:
    """The second waits for the first and finds everything done."""
    python = shutil.which("python3", path=os.defpath) or shutil.which("python3")
    (tools / "python3").symlink_to(Path(str(python)).resolve())
    add_tool(
        tools,
        "uv",
        f"""case "$1" in
            venv) mkdir -p "{checkout}/.venv/bin"; printf '#!{shutil.which("bash")}\\n' \
                >"{checkout}/.venv/bin/python"; chmod +x "{checkout}/.venv/bin/python" ;;
            pip) sleep 0.3; echo installed >>"{checkout}/count" ;;
        esac""",
    )
    both = [
        subprocess.Popen([checkout / "bin/setup"], env={"PATH": str(tools)}, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in both:
        process.communicate(timeout=30)
    assert [process.returncode for process in both] == [0, 0]
    assert (checkout / "count").read_text() == "installed\n"
