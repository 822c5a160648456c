"""The program that acts for the worker inside of a machine, as root. Standard library only.

    python3 -I -S start.py VERB ARGUMENTS

Answers are JSON, one object per line. A `follow` lives as long as the worker is heard on stdin:
any byte is a beat, so a command's lease is renewed for exactly as long as somebody follows.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from agents.sandboxes.base import Blocked, Event, Exited, OutputChunk, SandboxError
from agents.sandboxes.e2b import layout
from agents.sandboxes.local import processes, provided
from agents.sandboxes.local.removal import remove_tree
from agents.sandboxes.local.tree import Tree
from agents.sandboxes.supervisor.spec import RunSpec

_PIECE = 48 << 10
_STDIN = 0


def main(arguments: list[str]) -> int:
    """Do what the first argument says; 0 also when that failed and the answer says why."""
    verb, *rest = arguments
    try:
        _VERBS[verb](*rest)
    except SandboxError as error:
        _say(error=str(error))
    _say(end=True)  # whoever does not read this missed something
    return 0


def setup() -> None:
    """Make the folders, each for whom it is."""
    os.umask(0)  # that of the login shell may be any
    Path(layout.HOME).chmod(0o711)
    for name, mode in ((layout.RUNS, 0o700), (layout.SPOOL, 0o700), (layout.BIN, 0o755)):
        Path(name).mkdir(mode=mode, exist_ok=True)
    for name in (layout.ROOT, layout.TMP):
        Path(name).mkdir(mode=0o700, exist_ok=True)
        os.chown(name, layout.USER_ID, layout.USER_ID)
    found = shutil.which("python3", path=layout.PATH)
    if found and not shutil.which("python", path=layout.PATH):
        with suppress(FileExistsError):  # another one sets up at the same time
            Path(layout.BIN, "python").symlink_to(found)
    _say(done=True)


def start(key: str, offset: str, patience: str) -> None:
    """Start the command that stdin describes, unless this key has had one, and follow if asked."""
    order = json.loads(_line())
    for old in order["forget"]:
        remove_tree(Path(layout.RUNS, old))
    run_dir = Path(layout.RUNS, key)
    run_dir.mkdir(mode=0o700, exist_ok=True)
    if order["network"]:
        (run_dir / layout.NETWORK_MARK).touch()
    spec = RunSpec.from_json(json.dumps(order["spec"]).encode())
    spec.env[processes.TAG] = str(run_dir)
    processes.spawn(run_dir, spec)
    _say(started=True)
    if order["follow"]:
        follow(key, offset, patience)


def follow(key: str, offset: str, patience: str) -> None:
    """Say what a command says, as long as somebody listens."""
    heard = time.monotonic()
    for event in processes.follow(Path(layout.RUNS, key), int(offset)):
        _say(**_facts(event))
        if select.select([_STDIN], [], [], 0)[0]:
            if not os.read(_STDIN, 4096):
                return
            heard = time.monotonic()
        elif time.monotonic() - heard > float(patience):
            return


def kill(key: str) -> None:
    """End a command with all that it started."""
    processes.kill(Path(layout.RUNS, key))
    _say(done=True)


def online() -> None:
    """Say which commands run that were given a network."""
    folders = [folder for folder in Path(layout.RUNS).iterdir() if processes.alive(folder)]
    _say(keys=[each.name for each in folders if (each / layout.NETWORK_MARK).exists()])


def read(path: str, limit: str) -> None:
    """Say a file's bytes, piece by piece."""
    data = memoryview(_tree().read(path, int(limit)))
    for begin in range(0, len(data), _PIECE):
        _say(data=base64.b64encode(data[begin : begin + _PIECE]).decode())


def place(path: str, mode: str, spooled: str) -> None:
    """Put a file that was brought to the spool where it belongs."""
    source = Path(layout.SPOOL, spooled)
    try:
        _tree().copy_in(path, source, int(mode))
    finally:
        source.unlink(missing_ok=True)
    _say(done=True)


def provide(spooled: str) -> None:
    """Unpack an archive that was brought to the spool where commands can only read it."""
    os.umask(0o022)
    source = Path(layout.SPOOL, spooled)
    try:
        provided.provide(Path(layout.HOME), source.read_bytes())
    finally:
        source.unlink(missing_ok=True)
    _say(done=True)


def has(path: str) -> None:
    """Say whether a folder of ours is there."""
    _say(has=Path(path).is_dir())


_VERBS: dict[str, Callable[..., None]] = {
    verb.__name__: verb for verb in (setup, start, follow, kill, online, read, place, provide, has)
}


def _facts(event: Event) -> dict[str, object]:
    match event:
        case OutputChunk(offset, data):
            return {"at": offset, "data": base64.b64encode(data).decode()}
        case Blocked(host, port):
            return {"blocked": [host, port]}
        case Exited(code, number, reason, error, truncated):
            return {"exited": [code, number, reason, error, truncated]}
        case None:
            return {"silence": True}


def _tree() -> Tree:
    return Tree(Path(layout.ROOT), layout.USER_ID)


def _line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        data = os.read(_STDIN, 1 << 16)
        if not data:
            raise SandboxError("The command was not described.")
        head, end, _ = data.partition(b"\n")  # what comes after it are beats
        line += head + end
    return line


def _say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()
