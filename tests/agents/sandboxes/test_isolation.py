"""What a stranger's command cannot see, reach or do, on every tier that isolates."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.sandboxes.base import Limits, Network, Sandbox, SandboxSpec
from agents.sandboxes.local import LocalProvider, LocalSandbox
from tests.agents.sandboxes.helpers import python, wait_for_output

SECRET = "canary-8b1f0c"


@pytest.fixture
def sandbox(isolated_provider: LocalProvider) -> Iterator[LocalSandbox]:
    sandbox = isolated_provider.create(SandboxSpec("isolation", limits=Limits(processes=64)))
    yield sandbox
    sandbox.close()


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the host with a secret in its environment."""
    with subprocess.Popen(["sleep", "600"], env={"KEY": SECRET}) as process:
        yield process
        process.kill()


def test_files_of_the_host_cannot_be_read_or_written(
    sandbox: Sandbox, sandboxes_root: Path
) -> None:
    canary = sandboxes_root / "canary.txt"
    canary.write_text(SECRET)
    canary.chmod(0o666)
    inside = f"""
import os
for path in ({str(canary)!r}, "/etc/shadow", "/root", "/home", {str(Path(__file__))!r}):
    try:
        print(path, os.listdir(path) if os.path.isdir(path) else open(path).read())
    except OSError:
        pass
for path in ("/usr/new", "/etc/new", "/new"):
    try:
        open(path, "w")
        print("wrote", path)
    except OSError:
        pass
for path in ({str(canary)!r}, {str(sandboxes_root / "new")!r}):
    try:
        open(path, "w")  # at most into a /tmp of its own
    except OSError:
        pass
"""
    result = sandbox.run(python(inside))

    assert result.exit_code == 0
    seen = set(result.text.splitlines())
    if sys.base_prefix.startswith("/root/"):  # the way to our python, with nothing else in it
        seen.discard(f"/root {[Path(sys.base_prefix).parts[2]]}")
    assert seen == set()
    assert canary.read_text() == SECRET
    assert not (sandboxes_root / "new").exists()


def test_other_sandboxes_and_the_run_directories_are_hidden(
    isolated_provider: LocalProvider, sandbox: LocalSandbox
) -> None:
    other = isolated_provider.create(SandboxSpec("other"))
    try:
        other.write(f"{other.root}/secret", SECRET.encode(), mode=0o666)
        seen = sandbox.run(
            ["cat", f"{other.root}/secret", f"{Path(sandbox.root).parent}/sandbox.json"]
        )
        listed = sandbox.run(["ls", f"{Path(sandbox.root).parent}/runs"])
    finally:
        other.close()

    assert SECRET not in seen.text
    assert not seen.ok
    assert "isolation" not in seen.text.replace(sandbox.root, "").replace(sandbox.id, "")
    assert not listed.ok


def test_processes_of_the_host_are_out_of_reach(
    sandbox: Sandbox, victim: subprocess.Popen[bytes]
) -> None:
    inside = f"""
import glob, os, signal
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        print(open(path, errors="replace").read())
    except OSError:
        pass
for pid in ({victim.pid}, {os.getpid()}, {os.getppid()}):
    try:
        os.kill(pid, signal.SIGKILL)
        print("killed", pid)
    except OSError:
        pass
"""
    result = sandbox.run(python(inside))

    assert result.ok, result.text
    assert SECRET not in result.text
    assert "killed" not in result.text
    assert victim.poll() is None


def test_a_command_can_look_at_itself(sandbox: Sandbox) -> None:
    """Programs made with Bun, as some agents are, stop at once where they cannot."""
    assert sandbox.run(["grep", "-c", "stack", "/proc/self/maps"]).text == "1\n"


def test_a_secret_is_known_to_its_command_only(sandbox: LocalSandbox) -> None:
    handle = sandbox.spawn(
        ["sh", "-c", "echo ready; exec sleep 600"], key="agent", env={"API_KEY": SECRET}
    )
    wait_for_output(sandbox, handle, b"ready")
    folder = Path(sandbox.root).parent
    record = json.loads((folder / "runs" / "agent" / "handle.json").read_text())

    try:
        assert Path(f"/proc/{record['supervisor']}/environ").read_bytes() == b""
    except PermissionError:
        assert os.geteuid() != 0  # nobody but root may even look
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert SECRET.encode() not in cmdline.read_bytes(), cmdline
        except FileNotFoundError:
            continue
    for path in folder.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_no_network_reaches_the_host(sandbox: Sandbox) -> None:
    name = f"\0soulcaster-test-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as hidden:
        hidden.bind(name)
        hidden.listen()
        port = server.getsockname()[1]
        inside = f"""
import socket
for family, address in (
    (socket.AF_INET, ("127.0.0.1", {port})),
    (socket.AF_UNIX, {name!r}),
):
    try:
        socket.socket(family).connect(address)
        print("connected to", address)
    except OSError:
        pass
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53))
    print("sent")
except OSError:
    pass
for family in (socket.AF_VSOCK, socket.AF_ALG):
    try:
        socket.socket(family, socket.SOCK_SEQPACKET if family == socket.AF_ALG else socket.SOCK_STREAM)
        print("made", family)
    except OSError:
        pass
"""
        result = sandbox.run(python(inside))

    assert (result.output, result.exit_code) == (b"", 0)


def test_an_open_network_reaches_out(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        greeter = threading.Thread(target=_greet, args=(server,))
        greeter.start()
        port = server.getsockname()[1]
        inside = f"""
import socket
print(socket.create_connection(("127.0.0.1", {port})).recv(9).decode())
print(open("/etc/resolv.conf").read())
import ssl; ssl.create_default_context()
"""
        result = sandbox.run(python(inside), network=Network.OPEN)
        greeter.join()

    assert result.ok, result.text
    assert result.text.splitlines()[0] == "welcome"
    assert Path("/etc/resolv.conf").read_text().strip() in result.text


def _greet(server: socket.socket) -> None:
    server.settimeout(10)
    try:
        connection, _ = server.accept()
    except TimeoutError:
        return
    with connection:
        connection.sendall(b"welcome")


def test_kernel_settings_cannot_be_written(sandbox: Sandbox) -> None:
    inside = """
import os
for folder, _, names in os.walk("/proc/sys"):
    for name in names:
        try:
            os.close(os.open(os.path.join(folder, name), os.O_WRONLY))
            print("writable", folder, name)
        except OSError:
            pass
for path in ("/proc/sysrq-trigger", "/sys/kernel/uevent_helper"):
    try:
        os.close(os.open(path, os.O_WRONLY))
        print("writable", path)
    except OSError:
        pass
"""
    result = sandbox.run(python(inside))

    assert (result.output, result.exit_code) == (b"", 0)


def test_a_fork_bomb_is_held(sandbox: Sandbox) -> None:
    inside = """
import os, signal
made = 0
try:
    while made < 500:
        if not os.fork():
            while True:
                signal.pause()
        made += 1
except OSError:
    pass
print(made)
"""
    result = sandbox.run(python(inside))

    # Without a user namespace the user's other processes count too, and may end meanwhile.
    assert 1 <= int(result.text) < 128


def test_the_kernel_s_back_doors_are_closed(sandbox: Sandbox) -> None:
    inside = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
NEWUSER, SIGCHLD = 0x10000000, 17
clone, io_uring_setup = (56, 425) if os.uname().machine == "x86_64" else (220, 425)
print(libc.unshare(NEWUSER))
print(libc.unshare(0x20000))
print(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
print(libc.syscall(clone, NEWUSER | SIGCHLD, 0, 0, 0, 0))
print(libc.syscall(435, 0, 0))
print(libc.syscall(io_uring_setup, 1, ctypes.create_string_buffer(256)))
print(libc.ptrace(0, 0, 0, 0))
print(libc.setuid(0) if os.getuid() else -1)
"""
    result = sandbox.run(python(inside))

    assert result.text.split() == ["-1"] * 8


def test_a_link_to_a_folder_of_the_host_leads_nowhere_later(
    sandbox: LocalSandbox, sandboxes_root: Path
) -> None:
    """The next command's view is made by a worker who may be root."""
    secret = sandboxes_root / "for-nobody"
    secret.mkdir(exist_ok=True)
    (secret / "file").write_text(SECRET)
    trap = f"rm -rf {sandbox.root} $TMPDIR; ln -s {secret} {sandbox.root}; ln -s {secret} $TMPDIR"
    sandbox.run(["sh", "-c", f"{trap}; ln -s {secret} {sandbox.root}/repo; true"])

    result = sandbox.run(["sh", "-c", "cat file repo/file $TMPDIR/file; true"])

    assert SECRET not in result.text
