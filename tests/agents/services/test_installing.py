"""The pinned program, or nothing at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.runners import programs
from agents.runners.install import Install
from agents.runners.registry import agents
from agents.services import installing
from agents.services.installing import InstallFailed

NPM = Install("npm", "@acme/agent", "1.2.3", "agent")
PIP = Install("pip", "acme-agent", "1.2.3", "agent", modules=("extra==1",))
SAYS = "#!/bin/sh\necho agent {version}\n"

FakeTool = Callable[[str], None]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "agents"


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTool:
    """Puts a program of this name on PATH that runs the given shell script."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def make(script: str) -> None:
        tool = folder / "npm"
        tool.write_text(f"#!/bin/sh\nset -e\n{script}\n")
        tool.chmod(0o755)

    return make


def brings(version: str = "1.2.3", more: str = "") -> str:
    """A script that does what npm does: $3 is the folder to install into."""
    text = SAYS.format(version=version).replace("\n", "\\n")
    return (
        f"{more}\nmkdir -p $3/node_modules/.bin\n"
        f"printf '{text}' > $3/node_modules/.bin/agent\nchmod +x $3/node_modules/.bin/agent"
    )


def quietly(_line: str) -> None:
    pass


def test_the_program_is_there_afterwards_and_is_found(home: Path, npm: FakeTool) -> None:
    npm(brings())
    said: list[str] = []
    path = installing.install(NPM, home, said.append)
    assert path == NPM.path(home) == programs.find(NPM, home)
    assert installing.version(NPM, path) == "agent 1.2.3"
    assert "@acme/agent@1.2.3" in said[0]
    assert [each.name for each in home.iterdir()] == ["agent-1.2.3"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo no such package >&2; exit 3", "ended with 3. It said:\nno such package"),
        ("true", "brought no program agent"),
        (brings("9.9.9"), "says it is “agent 9.9.9”, and 1.2.3 was to be installed"),
        (brings().replace("echo", "exit 1 #"), "ended with 1"),
    ],
)
def test_a_failure_leaves_nothing_behind(
    home: Path, npm: FakeTool, script: str, words: str
) -> None:
    npm(script)
    with pytest.raises(InstallFailed) as caught:
        installing.install(NPM, home, quietly)
    assert words in str(caught.value)
    assert list(home.iterdir()) == []


def test_a_failure_keeps_what_was_there(home: Path, npm: FakeTool) -> None:
    npm(brings())
    path = installing.install(NPM, home, quietly)
    npm("exit 1")
    with pytest.raises(InstallFailed):
        installing.install(NPM, home, quietly)
    assert installing.version(NPM, path) == "agent 1.2.3"


def test_what_was_there_is_replaced_as_a_whole(home: Path, npm: FakeTool) -> None:
    npm(brings(more="touch $3/of-the-first"))
    installing.install(NPM, home, quietly)
    npm(brings())
    installing.install(NPM, home, quietly)
    assert [each.name for each in (home / "agent-1.2.3").iterdir()] == ["node_modules"]
    assert [each.name for each in home.iterdir()] == ["agent-1.2.3"]


def test_a_missing_installer_is_named_with_how_to_get_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InstallFailed, match="no program npm on PATH"):
        installing.install(NPM, home, quietly)


def test_one_that_does_not_end_is_ended(
    home: Path, npm: FakeTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm("exec sleep 600")
    monkeypatch.setattr(installing, "INSTALL_SECONDS", 0.2)
    with pytest.raises(InstallFailed, match="did not end within"):
        installing.install(NPM, home, quietly)


def test_installers_get_the_operators_environment_and_none_of_our_secrets(
    home: Path, npm: FakeTool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SECRET_KEY", "SOULCASTER_KEYS", "ANTHROPIC_API_KEY", "GITHUB_CLIENT_SECRET"):
        monkeypatch.setenv(name, "canary")
    for name in ("NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "NPM_CONFIG_REGISTRY"):
        monkeypatch.setenv(name, "wanted")
    npm(brings(more=f"env > {tmp_path}/environment"))
    installing.install(NPM, home, quietly)
    seen = (tmp_path / "environment").read_text()
    assert "canary" not in seen
    assert seen.count("=wanted") == 3


def test_a_python_program_starts_from_where_it_ends_up(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its scripts name the folder of their environment, which is another one while it is made."""
    python = tmp_path / "python"
    # Stands in for `python -m venv` and for the pip of what that makes.
    python.write_text(
        "#!/bin/sh\nset -e\n"
        'if [ "$2" = venv ]; then mkdir -p "$3/bin"; touch "$3/pyvenv.cfg";'
        ' cp "$0" "$3/bin/python"; exit 0; fi\n'
        'if [ "$2" = pip ]; then echo "$@" > "${0%/bin/python}/asked"; b="${0%/python}";'
        ' printf "#!%s/python\\nprint()\\n" "$b" > "$b/agent"; chmod +x "$b/agent"; exit 0; fi\n'
        "echo agent 1.2.3\n"
    )
    python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    path = installing.install(PIP, home, quietly)
    assert path.read_text().startswith(f"#!{home}/agent-1.2.3/bin/python\n")
    assert installing.version(PIP, path) == "agent 1.2.3"
    assert "acme-agent==1.2.3 extra==1" in (home / "agent-1.2.3/asked").read_text()


@pytest.mark.cli
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_real_program_is_installed_from_its_registry(home: Path) -> None:
    assert shutil.which("npm"), "npm is not on PATH: install Node.js"
    recipe = agents()["claude"].install
    assert recipe is not None
    path = installing.install(recipe, home, quietly)
    assert recipe.version in installing.version(recipe, path)
