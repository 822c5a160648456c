"""The real OpenCode, against a model provider of our own."""

from __future__ import annotations

import pytest

from agents.runners.opencode import OpenCodeRunner
from tests.agents.runners import hostile_opencode
from tests.agents.runners.real_contract import RealRunnerContract

pytestmark = [pytest.mark.cli, pytest.mark.slow]


class TestOpenCode(RealRunnerContract):
    runner_type = OpenCodeRunner
    provider = "ollama"
    hostile = hostile_opencode.FILES


class TestWithAnthropic(RealRunnerContract):
    """The same over another protocol, where reading from a cache is counted differently."""

    runner_type = OpenCodeRunner
    provider = "anthropic"
    hostile = hostile_opencode.FILES
