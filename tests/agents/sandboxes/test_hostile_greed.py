"""A hostile agent that wants everything: to stay for ever, and to use up the machine."""

from __future__ import annotations

import os
import re

import pytest

from agents.sandboxes.base import SandboxSpec
from tests.agents.sandboxes.helpers import processes_with, python, wait_until
from tests.agents.sandboxes.hostile.move import PRELUDE
from tests.agents.sandboxes.hostile.stage import Stage, logged

DAEMON = """
read, write = os.pipe()
if not os.fork():
    os.setsid()
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    if os.fork():
        os._exit(0)
    os.write(write, b"x")
    while True:
        signal.pause()
os.read(read, 1)
say("a daemon", "left behind")
"""
FORK_BOMB = """
made = 0
try:
    while made < 2000:
        if not os.fork():
            signal.pause()
        made += 1
except OSError as error:
    say("processes", f"refused {errno.errorcode[error.errno]} after {made}")
os.kill(os.getpid(), signal.SIGKILL)
"""
HIDES = """
import mmap
for number in range(40):
    if not os.fork():
        os.setsid()
        held = mmap.mmap(-1, 16 << 20)
        held.write(b"x" * (16 << 20))
        signal.pause()
signal.pause()
"""
ALLOCATES = """
try:
    held = bytearray(1 << 40)
except MemoryError:
    say("a terabyte", "refused")
"""
FILLS_DISK = """
folder = "a" * 200
while True:
    os.mkdir(folder)
    os.chdir(folder)
    with open("file", "wb") as file:
        file.write(b"x" * (1 << 20))
    os.chmod("..", 0)
"""
LARGE_FILE = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
attempt("a file of 3 GiB", lambda: os.truncate(os.open("file", os.O_CREAT | os.O_WRONLY), 3 << 30))
"""
MANY_FILES = """
held = []
attempt("open files", lambda: [held.append(os.dup(0)) for number in range(1 << 20)])
"""


def test_a_daemon_does_not_outlive_its_command(stage: Stage) -> None:
    word = f"daemon-{os.getpid()}"
    sandbox = stage.provider.create(SandboxSpec("hostile"))
    try:
        said = logged(sandbox, python(PRELUDE + DAEMON, word), stage.facts)

        assert said == "a daemon: left behind\n"
        wait_until(lambda: not processes_with(word))
    finally:
        sandbox.close()


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (FORK_BOMB, r"processes: refused EAGAIN after \d+"),
        (HIDES, "The command and all it started used more than 192 MiB of memory."),
        (ALLOCATES, "a terabyte: refused"),
        (FILLS_DISK, "of disk|can be measured|ENOSPC"),
        (LARGE_FILE, "a file of 3 GiB: refused EFBIG"),
        (MANY_FILES, "open files: refused EMFILE"),
    ],
    ids=["processes", "hidden memory", "memory", "disk", "a file", "open files"],
)
def test_nothing_can_be_used_up(stage: Stage, program: str, says: str) -> None:
    assert re.search(says, stage.play(program))
    assert stage.victim.poll() is None
