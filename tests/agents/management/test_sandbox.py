"""An operator sees in a throw-away sandbox what an agent would see."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from tests.agents.pipelines.projects import git, make_repository
from tests.agents.sandboxes.helpers import reachable_folder
from tests.agents.sandboxes.servers import server

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def home(settings: Settings) -> Iterator[Path]:
    with reachable_folder() as folder:
        settings.SANDBOX_HOME = folder
        yield folder
        assert list(folder.iterdir()) == []  # whatever happened, nothing is left


@dataclass(frozen=True)
class Said:
    code: object
    output: str
    told: str


def run(*arguments: str) -> Said:
    output, told = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("sandbox", "run", *arguments, stdout=output, stderr=told)
    return Said(ended.value.code, output.getvalue(), told.getvalue())


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as error:
        call_command("sandbox", "run", *arguments, stdout=io.StringIO(), stderr=io.StringIO())
    assert error.value.returncode == 125
    return str(error.value)


def test_output_exit_code_and_isolation_are_told_apart() -> None:
    said = run("--", "sh", "-c", "echo hello; echo wrong >&2; exit 3")

    assert (said.code, said.output) == (3, "hello\nwrong\n")
    assert said.told.startswith("Isolation: ")
    assert said.told.endswith("The command ended with exit code 3.\n")


def test_options_of_the_command_are_its_own() -> None:
    said = run("--network", "none", "--", "echo", "--network", "open", "--", "-h", "--settings=x")

    assert (said.code, said.output) == (0, "--network open -- -h --settings=x\n")


def test_a_command_ended_by_a_signal_is_no_success() -> None:
    said = run("--", "sh", "-c", "kill -TERM $$")

    # Where the sandbox has a shell around it, that is who tells of the signal.
    assert said.code == 128 + signal.SIGTERM


def test_the_last_commit_of_a_repository_is_there(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "source", {"file": "committed\n"})
    git(repository, "checkout", "-q", "--detach")
    (repository / "file").write_text("not committed\n")

    said = run("--repo", str(repository), "--", "cat", "file")

    assert (said.code, said.output) == (0, "committed\n")


def test_what_is_not_allowed_is_named_and_the_rest_is_reached() -> None:
    with server() as allowed, server() as other:
        code = f"""
import urllib.request
for port in ({allowed.port}, {other.port}):
    try:
        print(urllib.request.urlopen(f"http://127.0.0.1:{{port}}/", timeout=10).read())
    except OSError:
        print("refused")
"""
        proxied = ["env", "no_proxy=", "NO_PROXY=", "python3", "-c", code]
        said = run("--allow", f"127.0.0.1:{allowed.port}", "--", *proxied)

    assert said.output == "b'hello'\nrefused\n"
    assert f"Blocked: 127.0.0.1:{other.port}.\n" in said.told


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name a command after `--`."),
        (["--"], "Name a command after `--`."),
        (["--provider", "moon", "--", "true"], "There is no sandbox 'moon'"),
        (["--tier", "magic", "--", "true"], "There is no isolation 'magic'"),
        (["--provider", "sandbox", "--tier", "landlock", "--", "true"], "one isolation only"),
        (["--network", "open", "--allow", "a.example", "--", "true"], "leave --network open out"),
        (["--allow", "a.example:port", "--", "true"], "is not HOST or HOST:PORT"),
        (["--allow", "a.example:70000", "--", "true"], "is not HOST or HOST:PORT"),
        (["--repo", "/no/such/place", "--", "true"], "does not exist"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(arguments: list[str], sentence: str) -> None:
    assert sentence in refused(*arguments)


def test_a_repository_without_commits_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")

    assert "commit" in refused("--repo", str(tmp_path), "--", "true")


def test_a_terminal_is_not_steered_by_a_stranger() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    output = Terminal()
    with pytest.raises(SystemExit):
        call_command(
            "sandbox",
            "run",
            "--",
            "printf",
            r"a\033]0;title\007b\tc\n",
            stdout=output,
            stderr=io.StringIO(),
            no_color=True,
        )

    assert output.getvalue() == "a]0;titleb\tc\n"


@pytest.mark.slow
def test_an_interrupted_run_leaves_nothing_behind(home: Path) -> None:
    argv = ["sandbox", "run", "--", "sh", "-c", "echo up; exec sleep 600"]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SOULCASTER_SANDBOX_HOME": str(home),
    }
    program = f"""
import django, sys
from django.conf import settings
from django.core.management import execute_from_command_line
from pathlib import Path
django.setup()
settings.SANDBOX_HOME = Path({str(home)!r})
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""
    with subprocess.Popen(
        [sys.executable, "-c", program, *argv],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.terminate()
        _, told = process.communicate(timeout=30)

    assert process.returncode == 130
    assert told.endswith("CommandError: Interrupted.\n")
