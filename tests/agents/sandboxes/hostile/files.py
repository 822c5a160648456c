"""Moves against the files of the host and of other jobs."""

from __future__ import annotations

from tests.agents.sandboxes.hostile.move import GONE, Move

FILES = [
    Move(
        "reads files of the host",
        """
attempt("a file of another folder", lambda: read(F["canary"]))
folder, name = os.path.split(F["canary"])
attempt("its folder", lambda: os.listdir(folder).index(name))
attempt("/etc/shadow", lambda: read("/etc/shadow"))
attempt("root's home", lambda: read("/root/.bashrc"))
attempt("a new file in root's home", lambda: write("/root/pwned"))
attempt("the worker's program", lambda: read(F["source"]))
""",
        GONE,
        ("a file of another folder",),
    ),
    Move(
        "writes to files of the host",
        """
attempt("a file that everybody may write to", lambda: os.open(F["canary"], os.O_WRONLY))
attempt("cutting it short", lambda: os.truncate(F["canary"], 0))
attempt("removing it", lambda: os.unlink(F["canary"]))
for path in ("/usr/pwned", "/etc/pwned", "/bin/sh", "/pwned", "/run/pwned"):
    attempt(path, lambda: write(path))
""",
        GONE + " ETXTBSY",
        ("a file that everybody may write to",),
    ),
    Move(
        "reaches the host's files by links",
        """
os.symlink(F["canary"], "link")
os.symlink(os.path.dirname(F["canary"]), "folder")
attempt("a symbolic link", lambda: read("link"))
attempt("a link to a folder", lambda: read("folder/" + os.path.basename(F["canary"])))
attempt("a hard link", lambda: os.link(F["canary"], "hard"))
attempt("dots", lambda: read("../" * 40 + F["canary"]))
attempt("the root of the first process", lambda: read("/proc/1/root" + F["canary"]))
attempt("the folder of the parent", lambda: read(f"/proc/{os.getppid()}/cwd/exit.json"))
""",
        GONE + " EXDEV",
        ("a symbolic link", "a link to a folder"),
    ),
    Move(
        "reads another job's workspace",
        """
attempt("its secret", lambda: read(F["other_file"]))
attempt("its folder", lambda: os.listdir(os.path.dirname(F["other_file"])))
attempt("its output", lambda: read(F["other_run"] + "/out"))
attempt("writing to it", lambda: os.open(F["other_file"], os.O_WRONLY))
attempt("its place among all", lambda: os.listdir(F["home"]).index(F["other"]))
""",
        GONE,
        ("its secret", "writing to it"),
    ),
    Move(
        "forges how its own run ended",
        """
record = json.dumps({"code": 0, "signal": None, "reason": "exited", "error": ""}).encode()
folder = os.path.join(F["home"], F["own"])
attempt("its runs", lambda: os.listdir(f"{folder}/runs"))
for name in ("exit.json", "handle.json", "lease", "lock", "out"):
    for run in (F["other_run"], *(f"{folder}/runs/{key}" for key in F["keys"])):
        attempt(name, lambda: os.open(f"{run}/{name}", os.O_WRONLY))
        if not F["same_user"]:  # Landlock knows no right to set times
            attempt(f"touching {name}", lambda: os.utime(f"{run}/{name}"))
        attempt(f"removing {name}", lambda: os.unlink(f"{run}/{name}"))
        quietly(lambda: write(f"{run}/{name}", "wb"))
    parents = f"/proc/{os.getppid()}/cwd/{name}"
    attempt(f"{name} of the parent", lambda: os.open(parents, os.O_WRONLY))
attempt("the settings of the sandbox", lambda: os.open(f"{folder}/sandbox.json", os.O_WRONLY))
attempt("its programs", lambda: write(f"{folder}/bin/python"))
quietly(lambda: os.mkdir(f"{F['home']}/pwned"))
quietly(lambda: os.rename(folder, f"{folder}-moved"))
""",
        GONE,
    ),
    Move(
        "leaves by chroot, handles and devices",
        """
os.mkdir("jail")
attempt("chroot", lambda: os.chroot("jail"))
attempt("a file by its handle", lambda: system_call(304, 265, 0, ctypes.create_string_buffer(64), 0))
disk = stat.S_IFBLK | 0o666
attempt("a disk", lambda: os.mknod("disk", disk, os.makedev(254, 0)))
attempt("a device", lambda: os.mknod("memory", stat.S_IFCHR | 0o666, os.makedev(1, 1)))
names = "mem kmsg vda sda loop0 loop-control fuse net/tun kvm console tty0 btrfs-control"
for name in names.split():
    attempt(f"/dev/{name}", lambda: os.open(f"/dev/{name}", os.O_RDWR))
attempt("all shared memory of the host", lambda: os.listdir("/dev/shm").index(F["segment"]))
""",
        GONE + " ENXIO EPERM",
    ),
]
