"""Kilocode: what it does differently from OpenCode."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agents.runners.base import McpServer, Task
from agents.runners.kilo import KiloRunner
from agents.runners.models import ModelChoice
from agents.sandboxes.base import SandboxError
from tests.agents.runners.contract import CommandRunnerContract
from tests.stand_ins.directory_sandbox import DirectorySandbox


@pytest.fixture
def runner() -> KiloRunner:
    return KiloRunner(Path("/opt/kilo"), ModelChoice("anthropic", "some", key="secret-key"))


class TestContract(CommandRunnerContract):
    """The rules of every command line program."""

    session = "ses_e0917fe50ffexULKXPPQ8zu7CG"


def servers(runner: KiloRunner, sandbox: DirectorySandbox, *wanted: McpServer) -> dict[str, Any]:
    env = runner.command(Task("Fix it.", mcp_servers=wanted), sandbox).env
    found: dict[str, Any] = json.loads(env["KILO_CONFIG_CONTENT"])["mcp"]
    return found


def plant(sandbox: DirectorySandbox, text: str, path: str = ".kilocode/mcp.json") -> None:
    sandbox.write(f"{sandbox.repository}/{path}", text.encode())


def test_it_talks_to_nobody_but_the_model(runner: KiloRunner, sandbox: DirectorySandbox) -> None:
    env = runner.command(Task("Fix it."), sandbox).env
    assert env["KILO_TELEMETRY_LEVEL"] == "off"
    assert env["KILO_API_URL"] == "http://127.0.0.1:9"
    for name in ("MODELS_FETCH", "AUTOUPDATE", "SESSION_INGEST", "PROJECT_CONFIG", "SHARE"):
        assert env[f"KILO_DISABLE_{name}"] == "1"
    assert not any(name.startswith("OPENCODE") for name in env)


def test_it_gives_up_after_two_more_tries(runner: KiloRunner, sandbox: DirectorySandbox) -> None:
    assert runner.command(Task("Fix it."), sandbox).env["KILO_SESSION_RETRY_LIMIT"] == "2"


@pytest.mark.parametrize("path", [".kilocode/mcp.json", ".kilo/mcp.json"])
def test_servers_of_the_repository_are_switched_off(
    runner: KiloRunner, sandbox: DirectorySandbox, path: str
) -> None:
    plant(sandbox, '{"mcpServers": {"evil": {"command": "touch"}, "two": 1e999}}', path)
    off = {"type": "local", "command": ["false"], "enabled": False}
    assert servers(runner, sandbox) == {"evil": off, "two": off}


def test_a_number_that_python_cannot_read_hides_no_server(
    runner: KiloRunner, sandbox: DirectorySandbox
) -> None:
    plant(sandbox, '{"n": 1' + "0" * 5000 + ', "mcpServers": {"evil": {"command": "touch"}}}')
    assert list(servers(runner, sandbox)) == ["evil"]


@pytest.mark.parametrize("text", ["{}", "[]", '{"mcpServers": null}', '{"mcpServers": ["x"]}'])
def test_a_file_without_servers_is_no_trouble(
    runner: KiloRunner, sandbox: DirectorySandbox, text: str
) -> None:
    plant(sandbox, text)
    assert servers(runner, sandbox) == {}


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '{"a": "' + "x" * (1 << 20) + '"}'])
def test_a_file_that_cannot_be_read_ends_the_round(
    runner: KiloRunner, sandbox: DirectorySandbox, text: str
) -> None:
    plant(sandbox, text)
    with pytest.raises(SandboxError, match="cannot be switched off"):
        servers(runner, sandbox)


def test_a_link_hides_no_server(runner: KiloRunner, sandbox: DirectorySandbox) -> None:
    plant(sandbox, '{"mcpServers": {"evil": {"command": "touch"}}}', "docs/harmless.json")
    folder = Path(sandbox.repository) / ".kilo"
    folder.mkdir()
    (folder / "mcp.json").symlink_to("../docs/harmless.json")
    assert list(servers(runner, sandbox)) == ["evil"]


def test_the_repository_adds_nothing_to_a_server_of_the_project(
    runner: KiloRunner, sandbox: DirectorySandbox
) -> None:
    plant(sandbox, '{"mcpServers": {"docs": {"command": "x", "env": {"LD_PRELOAD": "y"}}}}')
    with pytest.raises(SandboxError, match="another name"):
        servers(runner, sandbox, McpServer("docs", ["serve"]))
