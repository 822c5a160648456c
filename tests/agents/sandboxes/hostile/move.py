"""One move of a hostile agent, and the words that all of them share.

A move is a Python program that runs inside. `attempt(what, function)` says on its output what
came of it: "refused" with the kernel's reason, or DONE. `claim(what, sight)` says DONE if it got
a sight of something. `F` are facts about the host that a real agent would have to guess.
"""

from __future__ import annotations

from dataclasses import dataclass

PRELUDE = r"""
import ctypes, errno, fcntl, json, os, resource, signal, socket, stat, subprocess, sys
F = json.loads(os.environ["FACTS"])
libc = ctypes.CDLL(None, use_errno=True)
INTEL = os.uname().machine == "x86_64"

def say(what, how):
    print(f"{what}: {how}", flush=True)

def attempt(what, move):
    try:
        got = move()
    except socket.gaierror:
        say(what, "refused NONAME")
    except ValueError as error:
        say(what, f"refused EPERM ({error})")
    except OSError as error:
        say(what, f"refused {errno.errorcode.get(error.errno, error)}")
    else:
        say(what, f"DONE {str(got)[:200]}")

def claim(what, sight):
    say(what, f"DONE {str(sight)[:200]}" if sight else "refused NOTHING")

def quietly(move):
    try:
        move()
    except OSError:
        pass  # or else it happened in a view of its own: the test looks at the host

def checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result

def system_call(intel, arm, *arguments):
    numbers = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return checked(libc.syscall(ctypes.c_long(intel if INTEL else arm), *numbers))

def read(path):
    with open(path, "rb") as file:
        return file.read(2000)

def write(path, mode="ab"):
    with open(path, mode) as file:
        file.write(b"pwned")

def connect(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as made:
        made.settimeout(3)
        made.connect(address)
        return made.getpeername()
"""


@dataclass(frozen=True)
class Move:
    """One attempt. `says` are the reasons that count as a refusal.

    `works_unisolated` are words of the attempts that succeed where nothing isolates, which shows
    that it is the isolation that refuses them.
    """

    name: str
    program: str
    says: str
    works_unisolated: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()  # tiers where it is no danger; a comment says why


# Reasons that count: what is not there, or may not be touched.
GONE = "ENOENT EACCES EPERM EROFS"
NOBODY = "ESRCH EPERM EACCES ENOENT"
