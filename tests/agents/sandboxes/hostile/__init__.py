"""What a hostile agent tries, move by move: the rule of every tier that claims isolation."""

from __future__ import annotations

from tests.agents.sandboxes.hostile.files import FILES
from tests.agents.sandboxes.hostile.kernel import KERNEL
from tests.agents.sandboxes.hostile.move import Move
from tests.agents.sandboxes.hostile.network import LISTED, NETWORK
from tests.agents.sandboxes.hostile.processes import PROCESSES

MOVES = [*FILES, *PROCESSES, *KERNEL, *NETWORK]

__all__ = ["LISTED", "MOVES", "Move"]
