"""The frameworks that are known, by the name that a project has them under."""

from __future__ import annotations

from collections.abc import Mapping

from agents.pipelines.frameworks.base import Framework
from agents.pipelines.frameworks.go import Go
from agents.pipelines.frameworks.jest import Jest, Vitest
from agents.pipelines.frameworks.mocha import Mocha
from agents.pipelines.frameworks.node import Node
from agents.pipelines.frameworks.pytest import Pytest

FRAMEWORKS: Mapping[str, Framework] = {
    "pytest": Pytest(),
    "jest": Jest(),
    "vitest": Vitest(),
    "mocha": Mocha(),
    "node": Node(),
    "go": Go(),
}
