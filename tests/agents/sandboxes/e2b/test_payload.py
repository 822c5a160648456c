"""What is brought into a machine at E2B is enough for itself."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

from agents.sandboxes.e2b import payload as payloads
from agents.sandboxes.e2b.payload import START, payload


def test_the_program_needs_nothing_but_the_standard_library(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(payload().archive)) as archive:
        archive.extractall(tmp_path)
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.py")}

    assert "agents/sandboxes/supervisor/__main__.py" in names
    assert "agents/sandboxes/local/processes.py" in names
    assert "agents/sandboxes/e2b/sandbox.py" not in names
    # -I -S: no installed package can be found; a verb that is not there is its first word.
    result = subprocess.run(
        [sys.executable, "-I", "-S", str(tmp_path / START), "nothing"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={},
    )
    assert "KeyError: 'nothing'" in result.stderr


def test_the_same_code_is_the_same_payload() -> None:
    first = payloads.payload.__wrapped__()

    assert first == payloads.payload.__wrapped__()
    assert len(first.archive) < 200_000
