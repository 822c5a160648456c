"""Moves against the kernel."""

from __future__ import annotations

from tests.agents.sandboxes.hostile.move import GONE, Move

KERNEL = [
    Move(
        "mounts",
        """
text = ctypes.c_char_p
os.mkdir("mnt")
attempt("in memory", lambda: checked(libc.mount(b"none", b"mnt", b"tmpfs", 0, None)))
attempt("/proc", lambda: checked(libc.mount(b"proc", b"mnt", b"proc", 0, None)))
attempt("a bind", lambda: checked(libc.mount(b"/", b"mnt", None, 4096, None)))
attempt("/ writable", lambda: checked(libc.mount(None, b"/", None, 4096 | 32, None)))
attempt("taking a cover away", lambda: checked(libc.umount2(b"/proc/sys", 2)))
attempt("fsopen", lambda: system_call(430, 430, text(b"tmpfs"), 0))
attempt("open_tree", lambda: system_call(428, 428, -100, text(b"/"), 1))
attempt("mount_setattr", lambda: system_call(442, 442, -100, text(b"/"), 0, text(bytes(32)), 32))
attempt("pivot_root", lambda: system_call(155, 41, text(b"."), text(b".")))
""",
        "EPERM",
    ),
    Move(
        "makes and enters namespaces",
        """
USER, MOUNT, NET, PID = 0x10000000, 0x20000, 0x40000000, 0x20000000
for flag in (USER, MOUNT, NET, PID, USER | MOUNT):
    attempt(f"unshare {flag:x}", lambda: checked(libc.unshare(flag)))
    attempt(f"clone {flag:x}", lambda: system_call(56, 220, flag | signal.SIGCHLD, 0, 0, 0, 0))
arguments = (ctypes.c_uint64 * 11)(USER)
attempt("clone3", lambda: system_call(435, 435, arguments, 88))
own = os.pidfd_open(os.getpid())
for flag in (USER, MOUNT, NET, PID):
    attempt(f"setns {flag:x}", lambda: checked(libc.setns(own, flag)))
attempt("the host's network", lambda: os.open(f"/proc/{F['worker']}/ns/net", os.O_RDONLY))
""",
        "EPERM ENOSYS ENOENT EACCES",
    ),
    Move(
        "uses the kernel's less known doors",
        """
space = ctypes.create_string_buffer(256)
text = ctypes.c_char_p
attempt("io_uring", lambda: system_call(425, 425, 1, space))
attempt("bpf", lambda: system_call(321, 280, 0, space, 128))
attempt("perf", lambda: system_call(298, 241, space, 0, -1, -1, 0))
attempt("keyctl", lambda: system_call(250, 219, 0, -3, 1))
attempt("add_key", lambda: system_call(248, 217, text(b"user"), text(b"x"), text(b"y"), 1, -3))
attempt("userfaultfd", lambda: system_call(323, 282, 0))
attempt("fanotify", lambda: system_call(300, 262, 0, 0))
attempt("the kernel's log", lambda: system_call(103, 116, 3, space, 255))
attempt("a module", lambda: system_call(175, 105, space, 0, text(b"")))
attempt("another kernel", lambda: system_call(246, 104, 0, 0, 0, 0))
attempt("a restart", lambda: system_call(169, 142, 1, 2, 3))
attempt("swap", lambda: checked(libc.swapoff(b"/swap")))
attempt("accounting", lambda: checked(libc.acct(b"x")))
attempt("host name", lambda: socket.sethostname("pwned"))
attempt("the clock", lambda: __import__("time").clock_settime(0, 1))
attempt("calls of another machine", lambda: system_call(0x40000000 | 39, 5000))
""",
        "EPERM ENOSYS",
    ),
    Move(
        "changes the kernel's settings",
        """
attempt("core_pattern", lambda: write("/proc/sys/kernel/core_pattern"))
attempt("modprobe", lambda: write("/proc/sys/kernel/modprobe"))
attempt("namespaces", lambda: write("/proc/sys/user/max_user_namespaces"))
attempt("sysrq", lambda: write("/proc/sysrq-trigger"))
attempt("uevent_helper", lambda: write("/sys/kernel/uevent_helper"))
attempt("release_agent", lambda: write("/sys/fs/cgroup/release_agent"))
attempt("binfmt", lambda: write("/proc/sys/fs/binfmt_misc/register"))
attempt("its own ids", lambda: write("/proc/self/uid_map"))
attempt("its own label", lambda: write("/proc/self/attr/current"))
attempt("the kernel's memory", lambda: read("/proc/kcore"))
""",
        GONE + " EINVAL EIO",
    ),
    Move(
        "uses memory and queues of the host",
        """
def segment(size):
    made = checked(libc.shmget(0, ctypes.c_size_t(size), 0o1600))
    return made, libc.shmctl(made, 0, None)
attempt("a segment of the host", lambda: checked(libc.shmget(F["ipc"], 16, 0)))
attempt("a large segment", lambda: segment(1 << 30))
attempt("a huge segment", lambda: segment(1 << 32))
""",
        "EPERM ENOENT",
        ("a segment of the host", "a large segment"),
    ),
]
