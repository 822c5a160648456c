"""OpenCode: its one configuration, for every provider, and nothing of the repository in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agents.runners.base import (
    KeyUse,
    McpServer,
    Task,
)
from agents.runners.models import ModelChoice
from agents.runners.opencode import OpenCodeRunner
from tests.agents.runners.contract import CommandRunnerContract
from tests.stand_ins.directory_sandbox import DirectorySandbox

SESSION = "ses_e0917b7aeffe9eQOjV1WoaqFyH"


def made(
    provider: str = "anthropic", base_url: str = "", key: str = "secret-key"
) -> OpenCodeRunner:
    return OpenCodeRunner(Path("/opt/opencode"), ModelChoice(provider, "some/model", key, base_url))


@pytest.fixture
def runner() -> OpenCodeRunner:
    return made()


def config(runner: OpenCodeRunner, task: Task, sandbox: DirectorySandbox) -> dict[str, Any]:
    env = runner.command(task, sandbox).env
    found: dict[str, Any] = json.loads(env[f"{runner.prefix}_CONFIG_CONTENT"])
    return found


class TestContract(CommandRunnerContract):
    """The rules of every command line program."""

    session = SESSION


@pytest.mark.parametrize(
    ("provider", "base_url", "client", "address", "header"),
    [
        ("anthropic", "", "anthropic", "https://api.anthropic.com/v1", "x-api-key"),
        ("anthropic", "http://g.example", "anthropic", "http://g.example/v1", "x-api-key"),
        ("openai", "", "openai", "https://api.openai.com/v1", "authorization"),
        (
            "openai",
            "http://g.example/v1",
            "openai-compatible",
            "http://g.example/v1",
            "authorization",
        ),
        ("openrouter", "", "openai-compatible", "https://openrouter.ai/api/v1", "authorization"),
        (
            "google",
            "",
            "google",
            "https://generativelanguage.googleapis.com/v1beta",
            "x-goog-api-key",
        ),
        ("ollama", "http://box:11434", "openai-compatible", "http://box:11434/v1", "authorization"),
    ],
)
def test_each_provider_has_its_client_address_and_header(
    sandbox: DirectorySandbox, provider: str, base_url: str, client: str, address: str, header: str
) -> None:
    runner = made(provider, base_url)
    found = config(runner, Task("Fix it."), sandbox)["provider"][provider]
    assert (found["npm"], found["options"]["baseURL"]) == (f"@ai-sdk/{client}", address)
    assert found["options"]["apiKey"] == "{env:SOULCASTER_MODEL_KEY}"
    assert runner.key().header == header


def test_a_server_that_wants_no_key_gets_a_word(sandbox: DirectorySandbox) -> None:
    runner = made("ollama", "http://box:11434", key="")
    assert runner.key() == KeyUse("SOULCASTER_MODEL_KEY", "none", "authorization", "Bearer ")


def test_only_the_chosen_model_is_asked(sandbox: DirectorySandbox) -> None:
    found = config(made(), Task("Fix it."), sandbox)
    assert found["enabled_providers"] == ["anthropic"]
    assert found["model"] == found["small_model"] == "anthropic/some/model"
    argv = list(made().command(Task("Fix it."), sandbox).argv)
    assert argv[argv.index("--model") + 1] == "anthropic/some/model"
    # With a title it asks for none, so that every request is one of the stream.
    assert "--title" in argv


def test_servers_of_the_project_do_not_see_the_key(sandbox: DirectorySandbox) -> None:
    servers = [
        McpServer("docs", ["serve", "it"], environment={"A": "1"}),
        McpServer("far", url="https://far.example/mcp"),
    ]
    assert config(made(), Task("Fix it.", mcp_servers=servers), sandbox)["mcp"] == {
        "docs": {
            "type": "local",
            "command": ["env", "-u", "SOULCASTER_MODEL_KEY", "serve", "it"],
            "environment": {"A": "1"},
            "enabled": True,
        },
        "far": {"type": "remote", "url": "https://far.example/mcp", "enabled": True},
    }


def test_commands_of_the_agent_do_not_see_the_key(sandbox: DirectorySandbox) -> None:
    shell = config(made(), Task("Fix it."), sandbox)["shell"]
    env = {"SOULCASTER_MODEL_KEY": "secret-key"}
    done = sandbox.run([shell, "-c", 'echo "key:$SOULCASTER_MODEL_KEY"'], env=env)
    assert done.text == "key:\n"


def test_the_repositorys_own_settings_are_not_read(sandbox: DirectorySandbox) -> None:
    env = made().command(Task("Fix it."), sandbox).env
    for name in ("DISABLE_PROJECT_CONFIG", "DISABLE_EXTERNAL_SKILLS", "PURE"):
        assert env[f"OPENCODE_{name}"] == "1"


def test_a_planner_may_change_nothing(sandbox: DirectorySandbox) -> None:
    task = Task("Plan it.", plan_only=True)
    argv = list(made().command(task, sandbox).argv)
    agent = config(made(), task, sandbox)["agent"][argv[argv.index("--agent") + 1]]
    assert agent["permission"] == {"edit": "deny", "bash": "deny", "task": "deny"}
