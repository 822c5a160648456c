"""Git on the worker: the one place that starts it.

Everything git reads here was written by strangers, so it runs with a fixed environment, on bare
repositories only, without hooks, filters, external diffs or other people's settings, and a
secret reaches it by its environment and never by its arguments.
"""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from clusters.forges import interrupts
from clusters.forges.addresses import Remote, remote
from clusters.forges.base import DiskFull, GitError

__all__ = ["GitError", "Remote", "mask", "remote", "run", "stream", "version"]

# Object id of the empty tree, which git knows without having it.
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
MAX_OUTPUT = 64 << 20
TIMEOUT = 60.0
TRANSFER_TIMEOUT = 600.0
_GRACE = 1.0  # seconds for git to remove its locks before it is killed

_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    # Newer git reads .gitattributes of HEAD in a bare repository: a stranger could hide a diff.
    f"attr.tree={EMPTY_TREE}",
    # Larger blobs are streamed and never diffed, so that a small bundle cannot fill the memory.
    "core.bigFileThreshold=16m",
    "protocol.allow=never",
    "fetch.fsckObjects=true",
    "receive.fsckObjects=true",
    "receive.autogc=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.followRedirects=false",
    "credential.helper=",
    "safe.directory=*",
    "init.defaultBranch=main",
)
_ENVIRONMENT = {
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
}
# On this side: what the other end says begins with "remote:".
_NO_SPACE = re.compile(
    rb"^(?!remote:).*(No space left on device|Disk quota exceeded)", re.MULTILINE
)
_NEEDED = 64 << 10  # bytes that the smallest change of a repository may take
# Settings given with -c do not reach the other end of a local transfer: it gets its own.
_OTHER_END = "git -c 'safe.directory=*' -c core.hooksPath=/dev/null -c gc.auto=0"
UPLOAD_PACK = f"--upload-pack={_OTHER_END} upload-pack"
RECEIVE_PACK = (
    f"--receive-pack={_OTHER_END} -c receive.autogc=false -c receive.fsckObjects=true receive-pack"
)


def run(
    arguments: Sequence[str | Path],
    *,
    repository: Path | None = None,
    stdin: bytes = b"",
    to: Remote | None = None,
    settings: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    limit: int = MAX_OUTPUT,
    cut: bool = False,
) -> bytes:
    """Git's standard output.

    `arguments` begin with the command; `to` is the remote it talks to; `timeout` is in seconds.
    More than `limit` bytes of output are an error, or left out when `cut` is set.
    Raises GitError.
    """
    with stream(
        arguments,
        repository=repository,
        stdin=stdin,
        to=to,
        settings=settings,
        environment=environment,
        timeout=timeout,
    ) as output:
        data = output.read(limit + 1)
        if len(data) > limit and not cut:
            raise GitError(f"git {arguments[0]} failed: its output is larger than {limit} bytes.")
    return data[:limit]


@contextmanager
def stream(
    arguments: Sequence[str | Path],
    *,
    repository: Path | None = None,
    stdin: bytes = b"",
    to: Remote | None = None,
    settings: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> Iterator[IO[bytes]]:
    """Git's standard output as a file, for what is too large for the memory.

    A reader that stops before the end stops git, which then is no error. Raises GitError, and
    what the thread's interrupt says when that is cut: git and its helpers have ended then.
    """
    extra = to.settings if to else ()
    command = ["git", *_options([*_SETTINGS, *extra, *settings])]
    command += [f"--git-dir={repository.absolute()}"] if repository else []
    command += [str(argument) for argument in arguments]
    own = {**(to.environment if to else {}), **(environment or {})}
    with tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        process = _start(command, own, source)
    with _Watch(process, timeout) as watch, interrupts.current().ending(watch.kill):
        assert process.stdout is not None
        yield process.stdout
        stopped_early = bool(process.stdout.read(1))
        if stopped_early:
            watch.kill()
        status = process.wait()
    if watch.timed_out:
        raise GitError(f"git {arguments[0]} failed: it did not end within {timeout:.0f} seconds.")
    if status and not stopped_early:
        reason = _reason(watch.messages, to.secret if to else "")
        place = repository or next((each for each in arguments if isinstance(each, Path)), None)
        failed = DiskFull if _is_full(watch.messages, place) else GitError
        raise failed(f"git {arguments[0]} failed: {reason}", status=status)


def version() -> tuple[int, int]:
    """Major and minor version of the git on this machine."""
    return _version()


@functools.cache
def _version() -> tuple[int, int]:
    found = re.search(rb"(\d+)\.(\d+)", run(["version"]))
    if not found:
        raise GitError("git does not tell its version.")
    return int(found[1]), int(found[2])


def _options(settings: Sequence[str]) -> list[str]:
    return [part for setting in settings for part in ("-c", setting)]


def _start(
    command: Sequence[str], environment: Mapping[str, str], stdin: IO[bytes]
) -> subprocess.Popen[bytes]:
    path = os.environ.get("PATH", os.defpath)
    try:
        return subprocess.Popen(
            command,
            env={"PATH": path, **_ENVIRONMENT, **environment},
            cwd="/",
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError):
        raise GitError("git could not be started: is it installed?") from None


class _Watch:
    """Collects the end of what git says, and ends git with all its helpers."""

    def __init__(self, process: subprocess.Popen[bytes], timeout: float) -> None:
        self.messages = b""
        self.timed_out = False
        self._process = process
        self._timer = threading.Timer(timeout, self._time_is_up)
        self._last_word = threading.Timer(_GRACE, self._signal, [signal.SIGKILL])
        self._ending = threading.Lock()
        self._listener = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> _Watch:
        self._timer.start()
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._process.poll() is None:
            self.kill()
            self._process.wait()
        self._listener.join()
        self._last_word.cancel()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()

    def kill(self) -> None:
        """End the process group, which git leads.

        A lock file that it left behind would stop everybody else's work on the repository.
        """
        if self._process.poll() is None and self._ending.acquire(blocking=False):
            self._last_word.start()
            self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return

    def _time_is_up(self) -> None:
        self.timed_out = True
        self.kill()

    def _listen(self) -> None:
        while self._process.stderr and (chunk := self._process.stderr.read1(4096)):  # type: ignore[attr-defined]
            self.messages = (self.messages + chunk)[-8192:]


def mask(text: str) -> str:
    """The text without the credentials of any address in it."""
    return re.sub(r"(?i)(\b[a-z][a-z0-9+.-]*://)[^/\s@]*(?:@[^/\s@]*)*@", r"\1***@", text)


def _reason(messages: bytes, secret: str) -> str:
    text = mask(messages.decode(errors="replace"))
    text = text.replace(secret, "***") if secret else text
    lines = [_printable(line) for line in re.split(r"[\r\n]+", text) if line.strip()]
    # What a push was refused for, or else the first cause: git goes on with general advice.
    rejected = [line for line in lines if line.startswith("! [")]
    fatal = [line for line in lines if line.startswith("fatal:")]
    last = [line for line in lines if not line.startswith("hint:")][-1:]
    return [*rejected, *fatal, *last, "it gave no reason."][0][:300]


def _is_full(messages: bytes, place: Path | None) -> bool:
    """Whether git failed for want of space, which it does not always say."""
    if _NO_SPACE.search(messages):
        return True
    try:
        disk = os.statvfs(place) if place else None
    except OSError:
        return False
    return disk is not None and disk.f_bavail * disk.f_frsize < _NEEDED


def _printable(line: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in line).strip()
