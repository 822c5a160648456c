"""The scripted model provider speaks to real client libraries."""

from __future__ import annotations

import pytest

from agents.runners.base import Task
from agents.runners.builtin import BuiltinRunner
from clusters.planner.providers import model_factory
from tests.stand_ins.directory_sandbox import DirectorySandbox
from tests.stand_ins.listener import KeepingListener
from tests.stand_ins.model_server import Step, model_server

SCRIPT = [
    Step("I look.", "read", {"path": "calc.py"}),
    Step("I change it.", "edit", {"path": "calc.py", "old": "a - b", "new": "a + b"}),
    Step("Done."),
]


@pytest.mark.parametrize(("model", "suffix"), [("anthropic:some", ""), ("openai:some", "/v1")])
def test_the_builtin_agent_works_over_the_wire(
    sandbox: DirectorySandbox, task: Task, model: str, suffix: str
) -> None:
    with model_server(SCRIPT) as server:
        runner = BuiltinRunner(model_factory(model, "key", server.url + suffix))
        verdict = runner.work(task, sandbox, KeepingListener())
    assert verdict.reason == "Done."
    assert b"a + b" in sandbox.read(f"{sandbox.repository}/calc.py")


@pytest.mark.parametrize(("model", "suffix"), [("anthropic:some", ""), ("openai:some", "/v1")])
def test_a_refused_key_is_an_outcome(
    sandbox: DirectorySandbox, task: Task, model: str, suffix: str
) -> None:
    with model_server(SCRIPT) as server:
        runner = BuiltinRunner(model_factory(model, "bad-key", server.url + suffix))
        verdict = runner.work(task, sandbox, KeepingListener())
    assert verdict.outcome == "agent_key_refused"
