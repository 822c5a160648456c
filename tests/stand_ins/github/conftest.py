"""The server for its own tests."""

from __future__ import annotations

from tests.stand_ins.github.fixtures import github

__all__ = ["github"]
