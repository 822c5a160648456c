"""The image of the machines is built with every agent's program in it."""

from __future__ import annotations

import pytest

from agents.sandboxes.base import SandboxError
from agents.sandboxes.e2b import Account, template
from agents.sandboxes.e2b.template import Program
from tests.stand_ins.e2b.server import KEY, E2BDouble

AGENT = Program(
    "agent",
    [["npm", "install", "--prefix", "/opt/soulcaster/agents/a b", "agent@1.2.3"]],
    "/opt/soulcaster/agents/a b/node_modules/.bin/agent",
)


def test_it_is_built_with_the_programs_pinned_and_tried(double: E2BDouble) -> None:
    account = Account(KEY, "built-here", api_url=double.address, sandbox_url=double.address)
    said: list[str] = []
    built = template.build(account, [AGENT], said.append)

    build = double.control.builds[-1]
    steps = [" ".join(step["args"]) for step in build["steps"]]
    assert (build["templateID"], build["name"]) == (built, "built-here")
    assert (build["cpuCount"], build["memoryMB"], build["minFreeDiskMb"]) == (2, 4096, 10240)
    assert build["fromImage"] == "node:24-bookworm"
    assert "npm install --prefix '/opt/soulcaster/agents/a b' agent@1.2.3 root" in steps
    assert steps[-1] == "/opt/soulcaster/bin/agent --version user"
    assert said
    assert not double.control.templates.isdisjoint({"built-here"})


def test_it_can_be_looked_at() -> None:
    text = template.dockerfile([AGENT])

    assert text.startswith("FROM node:24-bookworm")
    assert "agent@1.2.3" in text


def test_a_build_that_fails_says_why(double: E2BDouble) -> None:
    account = Account("e2b_wrong", "x", api_url=double.address, sandbox_url=double.address)

    with pytest.raises(SandboxError, match="refused the key"):
        template.build(account, [], lambda line: None)
