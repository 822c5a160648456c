"""What a runner or a sandbox wants to have configured. Plain Python."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """Something to configure. `name` is its key in what the entry's `create` is given."""

    name: str
    title: str
    secret: bool = False
    required: bool = True
