"""What a project may hand to its agents."""

from __future__ import annotations

from typing import Any

import pytest

from clusters.services.projects.tools import hosts_of, problem_with_hooks, problem_with_servers

LOCAL = {"name": "docs", "command": ["npx", "docs-server"], "environment": {"LANGUAGE": "en"}}
ELSEWHERE = {"name": "wiki", "url": "https://mcp.example.com/sse"}


def test_servers_in_the_sandbox_and_elsewhere_can_be_used() -> None:
    assert problem_with_servers([LOCAL, ELSEWHERE]) == ""
    assert hosts_of([LOCAL, ELSEWHERE]) == ["mcp.example.com"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"command": []}, "either a command or a url"),
        ({"url": "https://mcp.example.com"}, "either a command or a url"),
        ({"name": ""}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "../x"}, "name"),
        ({"command": "npx server"}, "list"),
        ({"command": ["a\nb"]}, "command 1"),
        ({"command": ["a\x00b"]}, "command 1"),
        ({"environment": {"LD PRELOAD": "x"}}, "environment"),
        ({"environment": {"TOKEN": "sk-ant-1234567890"}}, "looks like a key for Anthropic"),
        ({"environment": {"TOKEN": "ghp_1234567890"}}, "looks like a key for GitHub"),
        ({"secret": "x"}, "secret"),
    ],
)
def test_a_server_that_cannot_be_used_is_named(change: dict[str, Any], words: str) -> None:
    said = problem_with_servers([ELSEWHERE, {**LOCAL, **change}])
    assert said.startswith("Entry 2:")
    assert words in said


@pytest.mark.parametrize(
    "url",
    [
        "ftp://mcp.example.com",
        "https://",
        "mcp.example.com",
        "https://user:word@mcp.example.com",
        "https://10.0.0.1/",
        "http://localhost:3000",
        "https://[::1]/",
        "https://[",
        "https://mcp.example.com:99999",
        "https://mcp.example.com/\n",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_no_agent_should_ask_is_refused(url: str) -> None:
    assert "url" in problem_with_servers([{"name": "x", "url": url}])


@pytest.mark.parametrize("value", [None, {}, "[]", [None], [[]], [3], [LOCAL, LOCAL], [LOCAL] * 11])
def test_servers_are_a_short_list_with_names_of_their_own(value: object) -> None:
    assert problem_with_servers(value)


def test_hooks_are_commands_of_one_line() -> None:
    assert problem_with_hooks([{"event": "after_edit", "command": "make format"}]) == ""
    assert problem_with_hooks([]) == ""


@pytest.mark.parametrize(
    "hook",
    [
        {"event": "on_fire", "command": "make"},
        {"event": "at_end"},
        {"event": "at_end", "command": ""},
        {"event": "at_end", "command": "make\nrm x"},
        {"event": "at_end", "command": 'say "hello'},
        {"event": "at_end", "command": "x" * 1001},
        {"event": "at_end", "command": ["make"]},
        {"event": "at_end", "command": "make", "shell": True},
    ],
)
def test_a_hook_that_cannot_be_used_is_refused(hook: dict[str, Any]) -> None:
    assert problem_with_hooks([hook]).startswith("Entry 1:")


def test_a_refusal_does_not_repeat_what_looks_like_a_key() -> None:
    key = "sk-ant-canary-1234567890"
    said = problem_with_servers([{**LOCAL, "environment": {"TOKEN": key}}])
    assert key not in said
