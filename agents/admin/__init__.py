"""What operators see of jobs; importing it registers every part."""

from __future__ import annotations

from agents.admin import jobs, rows

__all__ = ["jobs", "rows"]
