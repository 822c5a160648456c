"""Start supervisors by fork: Python's own start and its imports take longer than all the rest.

A worker has one of these. It sends a run directory and two descriptors over a socket; a fork
takes them for stdin and stdout and goes the same way as a supervisor that was started alone. So
nothing of a spec is ever in here. It ends when the worker does; supervisors that it has started
belong to nobody by then.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import NoReturn

from .detach import main

_MOST = 1 << 16  # bytes of a message; paths are shorter


def serve(descriptor: int) -> int:
    """Answer until the other end of the socket is closed."""
    channel = socket.socket(fileno=descriptor)
    # The kernel reaps them: nobody in here asks how they ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, _MOST, 2)
        if not message:
            return 0
        if len(descriptors) == 2 and _fork() == 0:
            channel.close()
            _become_starter(os.fsdecode(message), *descriptors)
        for each in descriptors:
            os.close(each)


def _fork() -> int:
    try:
        return os.fork()
    except OSError:
        return -1  # the starter's silence tells


def _become_starter(run_dir: str, spec: int, answer: int) -> NoReturn:
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor, name in ((spec, 0), (answer, 1), (answer, 2)):
            os.dup2(descriptor, name)
        os.close(spec)
        os.close(answer)
        status = main(run_dir)
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001  the starter hears of it, whatever it is
        os.write(1, f"error {error}\n".encode("utf-8", "replace"))
    finally:
        os._exit(status)
