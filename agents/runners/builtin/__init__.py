"""The built-in agent: its model is called on the worker, its tools run in the sandbox."""

from __future__ import annotations

from agents.runners.builtin.runner import BuiltinRunner, ModelFactory

__all__ = ["BuiltinRunner", "ModelFactory"]
