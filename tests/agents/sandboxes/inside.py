"""What the tests of lists of places share: programs that run inside, and their network."""

from __future__ import annotations

from pathlib import Path

from agents.sandboxes.base import CommandResult, Destination, Network, Sandbox
from agents.sandboxes.local import LocalSandbox
from tests.agents.sandboxes.helpers import python
from tests.agents.sandboxes.servers import Server

# What every program in a sandbox begins with here: bytes to the gate, and what comes back.
INSIDE = """
import errno, os, socket, sys, threading, time, urllib.request
gate = ("127.0.0.1", int(os.environ["http_proxy"].rpartition(":")[2]))
def ask(request, address=gate):
    with socket.create_connection(address, timeout=20) as client:
        client.sendall(request)
        answer = b""
        while data := client.recv(65536):
            answer += data
    return answer
def connect(place):
    return ask(f"CONNECT {place} HTTP/1.1\\r\\n\\r\\n".encode())
"""


def only(*servers: Server, host: str = "127.0.0.1") -> Network:
    """These servers of the worker's loopback, and nothing else."""
    return Network.only(Destination(host, each.port, trusted=True) for each in servers)


def run(sandbox: Sandbox, network: Network, code: str) -> CommandResult:
    """A python program that begins with `INSIDE`."""
    return sandbox.run(python(INSIDE + code), network=network, timeout=30)


def run_dir(sandbox: LocalSandbox) -> Path:
    """Where the records of its command "agent" are."""
    return Path(sandbox.root).parent / "runs" / "agent"
