"""Marks what in a report looks like an order to an agent. Nothing here obeys or removes anything."""

from __future__ import annotations

from clusters.cleaning.screening.applying import screen

__all__ = ["screen"]
