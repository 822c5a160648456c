from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest
from pydantic import TypeAdapter

from agents.pipelines.plans import TestPlan, agent_command, command_of, environment, with_programs
from agents.pipelines.records import Setup
from agents.sandboxes.base import Sandbox

SANDBOX = cast("Sandbox", SimpleNamespace(root="/box"))
WEB = TestPlan(argv=["./node_modules/.bin/vitest", "run"], framework="vitest", folder="web")


def test_a_plan_outlives_its_worker() -> None:
    plan = replace(WEB, environment={"TZ": "UTC"}, kept={"home.tar": "0" * 64}, made=["a/"])
    adapter = TypeAdapter(Setup)

    again = adapter.validate_json(adapter.dump_json(Setup("typescript", plan)))

    assert again.plan == replace(plan, source_roots=[""])


@pytest.mark.parametrize(
    ("path", "inside"), [("web/a.test.ts", "a.test.ts"), ("web2/a.test.ts", ""), ("a.ts", "")]
)
def test_paths_are_told_relative_to_the_folder(path: str, inside: str) -> None:
    assert WEB.inside(path) == inside
    assert not inside or WEB.outside(inside) == path


def test_only_tests_of_its_folder_and_framework_are_taken() -> None:
    assert WEB.takes("web/a.test.ts")
    assert not WEB.takes("api/a.test.ts")
    assert not WEB.takes("web/test_a.py")
    assert not replace(WEB, framework="").takes("web/a.test.ts")


def test_the_agent_runs_tests_from_the_root_of_its_repository() -> None:
    assert agent_command(WEB) == ["env", "-C", "web", "./node_modules/.bin/vitest", "run"]
    assert agent_command(replace(WEB, argv=[])) == []


def test_a_shell_finds_the_files_of_patterns_for_the_agent() -> None:
    plan = TestPlan(argv=["node", "--test", "test/*.js"], framework="node")

    assert agent_command(plan) == ["npm", "test"]


def test_selected_files_are_shown_as_they_are_typed() -> None:
    shown = command_of(WEB, ["web/a.test.ts", "api/b.test.ts"])

    assert shown == ["./node_modules/.bin/vitest", "run", "a.test.ts"]


def test_a_virtual_environment_is_found_only_if_setup_made_it() -> None:
    # An agent can make a folder of that name.
    assert "/box/venv" not in str(with_programs(SANDBOX, WEB, "/box/checks/head/web", ["ruff"]))
    kept = replace(WEB, kept={"home.tar": "0" * 64})
    assert "/box/venv/bin:" in str(with_programs(SANDBOX, kept, "/box/checks/head/web", ["ruff"]))


def test_python_imports_from_the_folder_of_the_checkout() -> None:
    plan = TestPlan(["pytest"], "pytest", "api", toolbox=False, source_roots=["", "src"])

    found = environment(SANDBOX, plan, "/box/checks/head")

    assert found["PYTHONPATH"] == "/box/checks/head/api:/box/checks/head/api/src"
