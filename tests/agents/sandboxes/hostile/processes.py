"""Moves against other processes, and for more rights."""

from __future__ import annotations

from tests.agents.sandboxes.hostile.move import NOBODY, Move

PROCESSES = [
    Move(
        "reads the environment of the worker and the supervisor",
        """
for who in ("worker", "victim", "supervisor", "init", "gate"):
    for name in ("environ", "mem", "maps", "cwd/x", "root/etc/shadow", "cmdline"):
        attempt(f"{name} of {who}", lambda: read(f"/proc/{F[who]}/{name}"))
    attempt(f"files of {who}", lambda: os.listdir(f"/proc/{F[who]}/fd"))
try:
    everybody = [n for n in os.listdir("/proc") if n.isdigit() and int(n) != os.getpid()]
except OSError:
    everybody = []
found = []
for pid in everybody:
    try:
        found += [pid] if F["secret"].encode() in read(f"/proc/{pid}/environ") else []
    except OSError:
        pass
claim("any secret of any process", found)
""",
        NOBODY + " NOTHING",
    ),
    Move(
        "takes over the process that tells how it ended",
        """
for pid in {1, os.getppid()}:
    attempt(f"environ of process {pid}", lambda: read(f"/proc/{pid}/environ"))
    attempt(f"memory of process {pid}", lambda: open(f"/proc/{pid}/mem", "r+b"))
    attempt(f"files of process {pid}", lambda: os.listdir(f"/proc/{pid}/fd"))
    quietly(lambda: os.kill(pid, signal.SIGSTOP) if pid == 1 else None)
    quietly(lambda: os.kill(pid, signal.SIGKILL) if pid == 1 else None)
""",
        NOBODY,
        # bubblewrap's is the command's user; it holds nothing of the host, and tells about that
        # user's own command only.
        not_in=("bubblewrap",),
    ),
    Move(
        "takes hold of other processes",
        """
SEIZE, ATTACH = 0x4206, 16
for who in ("worker", "victim", "supervisor", "init", "gate"):
    attempt(f"ptrace of {who}", lambda: checked(libc.ptrace(ATTACH, F[who], 0, 0)))
    attempt(f"another ptrace of {who}", lambda: checked(libc.ptrace(SEIZE, F[who], 0, 0)))
    memory = (ctypes.c_ulong * 2)(ctypes.addressof(ctypes.create_string_buffer(64)), 64)
    attempt(f"memory of {who}", lambda: system_call(310, 270, F[who], memory, 1, memory, 1, 0))
    attempt(f"limits of {who}", lambda: resource.prlimit(F[who], resource.RLIMIT_NOFILE, (3, 3)))
    attempt(f"CPUs of {who}", lambda: os.sched_setaffinity(F[who], {0}))
    attempt(f"priority of {who}", lambda: os.setpriority(os.PRIO_PROCESS, F[who], 19))
own = os.pidfd_open(os.getpid())
attempt("a file of another process", lambda: system_call(438, 438, own, 0, 0))
attempt("its parent", lambda: checked(libc.ptrace(ATTACH, os.getppid(), 0, 0)))
attempt("a comparison with the kernel's objects", lambda: system_call(312, 272, 1, 1, 0, 0, 0))
""",
        NOBODY,
    ),
    Move(
        "signals processes of the host",
        """
for who in ("victim", "supervisor", "worker", "init", "gate", "neighbour"):
    attempt(f"signal to {who}", lambda: os.kill(F[who], 0))
attempt("end of the victim", lambda: os.kill(F["victim"], signal.SIGKILL))
attempt("end of a job beside it", lambda: os.kill(F["neighbour"], signal.SIGKILL))
attempt("end of a group", lambda: os.killpg(F["victim"], signal.SIGKILL))
attempt("end of its supervisor", lambda: os.kill(os.getppid(), 0) if os.getppid() > 1 else read("/"))
""",
        NOBODY + " EISDIR",
        ("signal to neighbour", "end of a job beside it"),
    ),
    Move(
        "finds open files of the supervisor",
        """
found = []
for number in range(3, 1024):
    try:
        os.fstat(number)
        found.append(number)
    except OSError:
        pass
claim("an open file", found)
claim("a writable standard input", fcntl.fcntl(0, fcntl.F_GETFL) & os.O_ACCMODE)
""",
        "NOTHING",
    ),
    Move(
        "gains rights by programs of other users",
        """
PR_GET_NO_NEW_PRIVS = 39
claim("programs with more rights", not libc.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0))
attempt("user 0", lambda: os.setresuid(-1, 0, -1))
attempt("group 0", lambda: os.setresgid(-1, 0, -1))
attempt("other groups", lambda: os.setgroups([0]))
data = b"".join(n.to_bytes(4, "little") for n in (0xFFFFFFFF,) * 6)
header = (0x20080522).to_bytes(4, "little") + bytes(4)
attempt("capabilities", lambda: checked(libc.capset(header, data)))
import shutil
for name in ("su", "mount", "passwd", "newuidmap", "pkexec", "sudo"):
    path = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
    if path:
        ran = subprocess.run([path, "--version"], capture_output=True, text=True)
        claim(f"root by {name}", "uid=0(" in ran.stdout)
shutil.copy(shutil.which("id"), "id")
os.chmod("id", 0o6755)
claim("a program of its own", "euid=0" in subprocess.run(["./id"], capture_output=True, text=True).stdout)
for kind in (resource.RLIMIT_NPROC, resource.RLIMIT_DATA, resource.RLIMIT_FSIZE):
    attempt(f"limit {kind}", lambda: resource.setrlimit(kind, (1 << 40, 1 << 40)))
""",
        "EPERM EINVAL NOTHING",
    ),
    Move(
        "types into a terminal",
        """
TIOCSTI, TIOCLINUX, TIOCSCTTY = 0x5412, 0x541C, 0x540E
attempt("the controlling terminal", lambda: os.open("/dev/tty", os.O_RDWR))
attempt("typing", lambda: fcntl.ioctl(0, TIOCSTI, b"x"))
attempt("pasting", lambda: fcntl.ioctl(0, TIOCLINUX, b"\\3"))
attempt("terminals of the host", lambda: os.open("/dev/pts/0", os.O_RDWR))
""",
        "EPERM ENXIO EACCES ENOENT",
    ),
]
