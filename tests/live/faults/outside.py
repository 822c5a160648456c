"""What tests add to the product is a package of its own, as an installer leaves it."""

from __future__ import annotations

from pathlib import Path

from agents.runners import registry as runners
from agents.sandboxes import registry as sandboxes

_METADATA = "Metadata-Version: 2.1\nName: soulcaster-faults\nVersion: 1.0\n"
_POINTS = f"""[{runners.GROUP}]
steady = tests.live.faults.steady:ENTRY

[{sandboxes.GROUP}]
held = tests.live.faults.held:ENTRY
"""


def install(folder: Path) -> Path:
    """A folder for PYTHONPATH from which the runner `held_steady` is known."""
    about = folder / "soulcaster_faults-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(_METADATA)
    (about / "entry_points.txt").write_text(_POINTS)
    return folder
