"""What the sandbox tests share: waiting for a condition, finding processes, making commits."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agents.sandboxes.base import (
    Exited,
    Isolation,
    OutputChunk,
    ProcessHandle,
    Sandbox,
    SandboxError,
)
from agents.sandboxes.local import LocalProvider

HOW_TO_GET = {
    Isolation.NAMESPACES: "allow unprivileged user namespaces, kernel 5.12 or newer",
    Isolation.BUBBLEWRAP: "install the package bubblewrap and allow user namespaces",
    Isolation.LANDLOCK: "use a kernel with Landlock, 6.2 or newer",
    Isolation.NONE: "put the folder for temporary files where every user can reach it",
}

# Three daemons that ignore SIGTERM, each with a lock on a file as long as it lives.
HOSTILE_TREE = """
import fcntl, os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
read, write = os.pipe()
for number in range(3):
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        held = open(f"lock-{number}", "w")
        fcntl.flock(held, fcntl.LOCK_EX)
        os.write(write, b"x")
        while True:
            signal.pause()
for number in range(3):
    os.read(read, 1)
print("tree is up", flush=True)
while True:
    signal.pause()
"""

LOCKS_HELD = """
import fcntl
held = 0
for number in range(3):
    with open(f"lock-{number}", "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held += 1
print(held)
"""


def wait_until(condition: Callable[[], object], *, seconds: float = 10.0) -> None:
    """Return as soon as the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"this did not come true within {seconds} s: {condition}")
        time.sleep(0.01)


def python(code: str, *arguments: str) -> list[str]:
    """A command line for a python program."""
    return ["python3", "-c", code, *arguments]


def collect(sandbox: Sandbox, handle: ProcessHandle, offset: int = 0) -> tuple[bytes, Exited]:
    """Follow to the end: the output from `offset`, and how it ended."""
    output = b""
    for event in sandbox.follow(handle, offset):
        if isinstance(event, OutputChunk):
            assert event.offset == offset + len(output)
            output += event.data
        elif isinstance(event, Exited):
            return output, event
    pytest.fail("the process never ended")


def wait_for_output(sandbox: Sandbox, handle: ProcessHandle, text: bytes) -> int:
    """Follow until this text has come; the offset after it."""
    seen = b""
    for event in sandbox.follow(handle):
        if isinstance(event, OutputChunk):
            seen += event.data
            if text in seen:
                return event.end
        elif isinstance(event, Exited):
            pytest.fail(f"it ended before: {event}, {seen!r}")
    pytest.fail("the process never ended")


def locks_held(sandbox: Sandbox) -> int:
    """How many daemons of `HOSTILE_TREE` live."""
    return int(sandbox.run(python(LOCKS_HELD)).text)


def processes_with(word: str) -> list[int]:
    """Pids of processes of this machine with this word among their arguments."""
    return _pids(lambda folder: word.encode() in (folder / "cmdline").read_bytes().split(b"\0"))


def supervisors(records: Path) -> list[int]:
    """Pids of the supervisor that keeps these records, and of what it has started itself."""
    supervisor = json.loads((records / "handle.json").read_text())["supervisor"]
    parent = re.compile(rf"\d+ \(.*\) . {supervisor} ")
    return [
        *_pids(lambda folder: int(folder.name) == supervisor),
        *_pids(lambda folder: bool(parent.match((folder / "stat").read_text()))),
    ]


def is_there(pid: int) -> bool:
    """Whether a process of this machine lives; one that nobody has reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def _pids(fits: Callable[[Path], bool]) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if fits(folder):
                    found.append(int(folder.name))
            except OSError:
                continue  # it has ended
    return found


def packed(files: Mapping[str, bytes]) -> bytes:
    """A .tar.gz of these files."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return target.getvalue()


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A folder that other users may enter; pytest's own is closed to them."""
    folder = Path(tempfile.mkdtemp(prefix="soulcaster-sandboxes-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def provider_of(isolation: Isolation, root: Path) -> LocalProvider:
    """A local provider of this tier; skips the test where the machine cannot do it."""
    provider = LocalProvider(root, tier=isolation.value)
    try:
        provider.probe()
    except SandboxError:
        reason = provider.failures[isolation]
        pytest.skip(f"no {isolation} here ({reason}); to get it: {HOW_TO_GET[isolation]}")
    return provider


@dataclass(frozen=True)
class Commits:
    """A repository of two commits, the newest of which travels in a shallow bundle."""

    repository: Path
    base: str
    bundle: Path


def git(folder: Path, *arguments: str) -> str:
    """Run git in the folder, without anybody's settings."""
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null"}
    result = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        env=environment | {"GIT_CONFIG_NOSYSTEM": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    return result.stdout.strip()


def make_commits(folder: Path) -> Commits:
    """A real repository, and a bundle as the mirror makes it: header, then a shallow pack."""
    repository = folder / "repository"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    for number in (1, 2):
        (repository / "value.txt").write_text(f"{number}\n")
        (repository / "folder").mkdir(exist_ok=True)
        (repository / "folder" / "script.sh").write_text("#!/bin/sh\necho hello\n")
        (repository / "folder" / "script.sh").chmod(0o755)
        git(repository, "add", "-A")
        git(repository, "commit", "-q", "-m", f"commit {number}")
    base = git(repository, "rev-parse", "HEAD")
    pack = subprocess.run(
        ["git", "pack-objects", "--revs", "--shallow", "--stdout", "-q"],
        cwd=repository,
        input=f"--shallow {base}\n{base}\n".encode(),
        check=True,
        capture_output=True,
    ).stdout
    bundle = folder / "base.bundle"
    bundle.write_bytes(f"# v2 git bundle\n{base} refs/heads/base\n\n".encode() + pack)
    return Commits(repository, base, bundle)
