"""Settings and keys become drivers here, and nowhere else in this application."""

from __future__ import annotations

from agents.wiring.runners import (
    AnyRunner,
    Prepared,
    RunnerInfo,
    key_choices,
    model_providers,
    prepare,
    program,
    runner_info,
    runner_infos,
    sandbox_lacks,
    scrubber,
)
from agents.wiring.sandboxes import Sandboxes, sandbox_provider, stored_place, throwaway, tools

__all__ = [
    "AnyRunner",
    "Prepared",
    "RunnerInfo",
    "Sandboxes",
    "key_choices",
    "model_providers",
    "prepare",
    "program",
    "runner_info",
    "runner_infos",
    "sandbox_lacks",
    "sandbox_provider",
    "scrubber",
    "stored_place",
    "throwaway",
    "tools",
]
