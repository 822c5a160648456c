"""The page's own reading of a log, run by Node where there is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCRIPTS = HERE.parents[2] / "static" / "js" / "log"


@pytest.mark.skipif(
    shutil.which("node") is None,
    reason="the log's scripts are tested with Node: install nodejs 20 or newer",
)
def test_the_logs_scripts(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"type": "module"}')
    for script in [*SCRIPTS.glob("*.js"), HERE / "log.test.mjs"]:
        shutil.copy(script, tmp_path)

    done = subprocess.run(
        ["node", "--test", "log.test.mjs"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
