"""A full disk inside of a sandbox is its limit, and no failure of the project."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.sandboxes.base import Exited, OutputChunk, Sandbox
from agents.sandboxes.patience import Patience, PatientSandbox
from tests.stand_ins.directory_sandbox import DirectorySandbox

FILLS = ["sh", "-c", "head -c 1000000 /dev/zero > large"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox on a disk of 128 KiB."""
    command = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(tmp_path)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield patient(tmp_path)
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def patient(root: Path) -> Sandbox:
    return PatientSandbox(DirectorySandbox(root), Patience(lambda: None, lambda error: 0.0))


def test_a_short_command(small: Sandbox) -> None:
    result = small.run(FILLS)
    assert (result.ok, result.over_limit) == (False, True)


def test_a_long_command(small: Sandbox) -> None:
    *output, end = small.follow(small.spawn(FILLS, key="fills"))
    assert isinstance(end, Exited)
    assert (end.reason, end.over_limit) == ("disk", True)
    assert end.error == "The sandbox has no space left on its disk."
    assert all(isinstance(event, OutputChunk) for event in output)


def test_whoever_only_says_so_has_failed_by_itself(tmp_path: Path) -> None:
    says = ["sh", "-c", "echo No space left on device; exit 3"]
    sandbox = patient(tmp_path)
    assert (sandbox.run(says).exit_code, sandbox.run(says).reason) == (3, "exited")
    *_, end = sandbox.follow(sandbox.spawn(says, key="says"))
    assert isinstance(end, Exited)
    assert (end.code, end.reason) == (3, "exited")
