"""The numbers of the system calls that are refused or judged, by machine."""

from __future__ import annotations

from typing import NamedTuple


class Machine(NamedTuple):
    """One kind of machine; `denied` are calls that nobody in a sandbox may make."""

    audit: int
    socket: int
    socketpair: int
    connect: int
    serving: tuple[int, ...]  # bind, listen
    sending: tuple[tuple[int, int], ...]  # sendto, sendmsg, sendmmsg: number, offset of the flags
    clone: int
    ioctl: int
    shmget: int
    ipc: tuple[int, ...]  # semget, msgget, mq_open
    # prlimit64, sched_setscheduler, sched_setparam, sched_setattr: a process comes first
    others: tuple[int, ...]
    priorities: tuple[int, ...]  # setpriority, ioprio_set: a kind comes first, then whose
    denied: dict[str, int]


# open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr, io_uring_*, pidfd_getfd
DENIED_EVERYWHERE = (428, 429, 430, 431, 432, 433, 442, 425, 426, 427, 438)
MACHINES = {
    "x86_64": Machine(
        audit=0xC000003E,
        socket=41,
        socketpair=53,
        connect=42,
        serving=(49, 50),
        sending=((44, 40), (46, 32), (307, 40)),
        clone=56,
        ioctl=16,
        shmget=29,
        ipc=(64, 68, 240),
        others=(302, 144, 142, 314),
        priorities=(141, 251),
        denied={
            "mount": 165,
            "umount2": 166,
            "pivot_root": 155,
            "chroot": 161,
            "unshare": 272,
            "setns": 308,
            "keyctl": 250,
            "add_key": 248,
            "request_key": 249,
            "bpf": 321,
            "perf_event_open": 298,
            "ptrace": 101,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "userfaultfd": 323,
            "open_by_handle_at": 304,
            "kexec_load": 246,
            "kexec_file_load": 320,
            "init_module": 175,
            "finit_module": 313,
            "delete_module": 176,
            "acct": 163,
            "swapon": 167,
            "swapoff": 168,
            "reboot": 169,
            "kcmp": 312,
            "syslog": 103,
            "fanotify_init": 300,
            "sched_setaffinity": 203,
        },
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        socket=198,
        socketpair=199,
        connect=203,
        serving=(200, 201),
        sending=((206, 40), (211, 32), (269, 40)),
        clone=220,
        ioctl=29,
        shmget=194,
        ipc=(190, 186, 180),
        others=(261, 119, 118, 274),
        priorities=(140, 30),
        denied={
            "mount": 40,
            "umount2": 39,
            "pivot_root": 41,
            "chroot": 51,
            "unshare": 97,
            "setns": 268,
            "keyctl": 219,
            "add_key": 217,
            "request_key": 218,
            "bpf": 280,
            "perf_event_open": 241,
            "ptrace": 117,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "userfaultfd": 282,
            "open_by_handle_at": 265,
            "kexec_load": 104,
            "kexec_file_load": 294,
            "init_module": 105,
            "finit_module": 273,
            "delete_module": 106,
            "acct": 89,
            "swapon": 224,
            "swapoff": 225,
            "reboot": 142,
            "kcmp": 272,
            "syslog": 116,
            "fanotify_init": 262,
            "sched_setaffinity": 122,
        },
    ),
}
