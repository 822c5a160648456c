"""The limits that hold for everything in a sandbox together, on every tier."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.sandboxes.base import Exited, Isolation, Limits, SandboxSpec
from agents.sandboxes.local import LocalProvider, LocalSandbox
from agents.sandboxes.supervisor import memory
from agents.sandboxes.supervisor.consumption import size
from agents.sandboxes.supervisor.cpus import Cpus
from agents.sandboxes.supervisor.survey import Survey
from tests.agents.sandboxes.helpers import collect, python

MEMORY, DISK = 192 << 20, 32 << 20
TOO_MUCH_MEMORY = "The command and all it started used more than 192 MiB of memory."
TOO_MUCH_DISK = "The files of the sandbox took more than 32 MiB of disk."

# None of these is more than its own limit, and all of them wait to be ended.
FOUR_PROCESSES = """
import os, signal
for number in range(3):
    if not os.fork():
        break
held = b"x" * (64 << 20)
signal.pause()
"""
MEMORY_FILES = """
import os, signal
for number in range(4):
    file = os.memfd_create("held")
    for part in range(64):
        os.write(file, b"x" * (1 << 20))
signal.pause()
"""
FILES_IN_MEMORY = """
import signal
for number in range(4):
    with open(f"/dev/shm/held-{number}", "wb") as file:
        for part in range(56):
            file.write(b"x" * (1 << 20))
signal.pause()
"""
SHARED_BY_FOUR = """
import os, time
held = b"x" * (96 << 20)
for number in range(3):
    if not os.fork():
        break
time.sleep(1.0)
print(len(held) >> 20)
"""
MANY_FILES = """
import os, signal
os.makedirs("a/b")
for number in range(12):
    with open(f"a/b/{number}", "wb") as file:
        file.write(b"x" * (4 << 20))
signal.pause()
"""
REMOVED_FILES = """
import os, signal
held = []
for number in range(12):
    held.append(open("held", "wb", buffering=0))
    held[-1].write(b"x" * (4 << 20))
    os.unlink("held")
signal.pause()
"""
EMPTY_FILES = """
import os, signal
for number in range(700):
    os.close(os.open(f"empty-{number}", os.O_CREAT))
signal.pause()
"""
DEEP_FOLDERS = """
import os, signal
for number in range(40):
    os.mkdir("x" * 200)
    os.chdir("x" * 200)
signal.pause()
"""
SPARSE_AND_LINKED = """
import os, time
with open("sparse", "wb") as file:
    file.truncate(64 << 20)
with open("file", "wb") as file:
    file.write(b"x" * (8 << 20))
for number in range(8):
    os.link("file", f"link-{number}")
os.symlink("/usr", "usr")
time.sleep(1.0)
"""


@pytest.fixture
def sandbox(tier_provider: LocalProvider) -> Iterator[LocalSandbox]:
    limits = Limits(memory_bytes=MEMORY, disk_bytes=DISK)
    sandbox = tier_provider.create(SandboxSpec("limits", limits=limits))
    yield sandbox
    sandbox.close()


def ended(sandbox: LocalSandbox, program: str) -> Exited:
    handle = sandbox.spawn(python(program), key="greedy", timeout=20)
    return collect(sandbox, handle)[1]


def test_memory_is_limited_over_all_processes_together(sandbox: LocalSandbox) -> None:
    end = ended(sandbox, FOUR_PROCESSES)

    assert (end.code, end.reason, end.error) == (None, "memory", TOO_MUCH_MEMORY)


def test_memory_that_no_process_shows_counts_too(sandbox: LocalSandbox) -> None:
    assert ended(sandbox, MEMORY_FILES).reason == "memory"


def test_files_in_memory_count_as_memory(sandbox: LocalSandbox) -> None:
    if sandbox.isolation not in (Isolation.NAMESPACES, Isolation.BUBBLEWRAP):
        pytest.skip("this tier has no /dev/shm of its own; see the next test")
    assert ended(sandbox, FILES_IN_MEMORY).reason == "memory"


def test_a_shared_dev_shm_counts_for_a_user_without_other_processes() -> None:
    everybody = range(1 << 22)  # as if no process but our own had this user
    since = time.time() - 1
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
        file.write(b"x" * (1 << 20))
        file.flush()

        assert memory.in_shared_folder(os.getuid(), since, everybody) >= 1 << 20
        assert memory.in_shared_folder(os.getuid(), since, {os.getpid()}) == 0
        assert memory.in_shared_folder(os.getuid(), time.time() + 60, everybody) == 0


def test_memory_that_processes_share_counts_once(sandbox: LocalSandbox) -> None:
    result = sandbox.run(python(SHARED_BY_FOUR))

    assert (result.reason, result.exit_code) == ("exited", 0)


def test_the_limit_of_a_short_command_is_told_as_its_reason(sandbox: LocalSandbox) -> None:
    result = sandbox.run(python(FOUR_PROCESSES), timeout=20)

    assert (result.reason, result.exit_code, result.ok) == ("memory", None, False)


@pytest.mark.parametrize("program", [MANY_FILES, REMOVED_FILES])
def test_disk_is_limited_over_all_files_together(sandbox: LocalSandbox, program: str) -> None:
    end = ended(sandbox, program)

    assert (end.code, end.reason, end.error) == (None, "disk", TOO_MUCH_DISK)


def test_empty_files_come_to_an_end_too(tier_provider: LocalProvider) -> None:
    limits = Limits(disk_bytes=2 << 20)
    sandbox = tier_provider.create(SandboxSpec("empty", limits=limits))
    try:
        assert ended(sandbox, EMPTY_FILES).reason == "disk"
    finally:
        sandbox.close()


def test_the_temporary_folder_is_part_of_the_disk(sandbox: LocalSandbox) -> None:
    program = f"import os; os.chdir(os.environ['TMPDIR'])\n{MANY_FILES}"

    assert ended(sandbox, program).reason == "disk"


def test_folders_too_deep_to_be_measured_are_refused(sandbox: LocalSandbox) -> None:
    end = ended(sandbox, DEEP_FOLDERS)

    assert end.reason == "disk"
    assert "can be measured" in end.error


def test_holes_links_and_folders_elsewhere_take_no_disk(sandbox: LocalSandbox) -> None:
    result = sandbox.run(python(SPARSE_AND_LINKED))

    assert (result.reason, result.exit_code) == ("exited", 0)


def test_a_command_may_not_move_to_other_cpus(tier_provider: LocalProvider) -> None:
    sandbox = tier_provider.create(SandboxSpec("cpus", limits=Limits(cpus=1)))
    try:
        result = sandbox.run(
            python(
                "import os; print(len(os.sched_getaffinity(0)), flush=True); os.sched_setaffinity(0, {0})"
            )
        )
    finally:
        sandbox.close()

    assert result.text.splitlines()[0] == "1"
    isolated = tier_provider.probe() is not Isolation.NONE
    assert ("PermissionError" in result.text) is isolated


def test_commands_at_the_same_time_get_different_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {101, 102, 103, 104, 105})
    first, second, third = Cpus(2), Cpus(2), Cpus(2)

    assert not first.chosen & second.chosen
    assert [len(each.chosen) for each in (first, second, third)] == [2, 2, 2]
    assert len(first.chosen | second.chosen | third.chosen) == 5
    assert Cpus(9).chosen == {101, 102, 103, 104, 105}


def test_a_walk_pauses_so_that_the_output_does_not_wait_for_it(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / str(number)).touch()
    survey = Survey([str(tmp_path)], [])

    assert len(list(survey.steps())) == 200 // 32
    assert survey.disk == 200 * 4096


def test_sizes_are_told_as_people_read_them() -> None:
    assert [size(count) for count in (4 << 30, 1536 << 20, 300 << 20, 5 << 10, 7)] == [
        "4 GiB",
        "1.5 GiB",
        "300 MiB",
        "5 KiB",
        "7 bytes",
    ]
