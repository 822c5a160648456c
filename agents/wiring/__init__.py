"""Settings and keys become drivers here, and nowhere else in this application."""

from __future__ import annotations

from agents.wiring.runners import (
    AnyRunner,
    Prepared,
    RunnerInfo,
    key_choices,
    prepare,
    runner_info,
    runner_infos,
    scrubber,
)
from agents.wiring.sandboxes import sandbox_provider, tools

__all__ = [
    "AnyRunner",
    "Prepared",
    "RunnerInfo",
    "key_choices",
    "prepare",
    "runner_info",
    "runner_infos",
    "sandbox_provider",
    "scrubber",
    "tools",
]
