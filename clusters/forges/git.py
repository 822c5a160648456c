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
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

# Object id of the empty tree, which git knows without having it.
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
MAX_OUTPUT = 64 << 20
TIMEOUT = 60.0
TRANSFER_TIMEOUT = 600.0

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
# How an operator says where the network's proxy and certificates are; needed by https only.
_NETWORK = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR")
_USER, _PASSWORD = "SOULCASTER_GIT_USER", "SOULCASTER_GIT_PASSWORD"
# Git runs this constant text with a shell; the secret itself stays in the environment.
_HELPER = f'!f() {{ printf "username=%s\\npassword=%s\\n" "${_USER}" "${_PASSWORD}"; }}; f'
_HOST = re.compile(r"([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
# Settings given with -c do not reach the other end of a local transfer: it gets its own.
_OTHER_END = "git -c 'safe.directory=*' -c core.hooksPath=/dev/null -c gc.auto=0"
UPLOAD_PACK = f"--upload-pack={_OTHER_END} upload-pack"
RECEIVE_PACK = (
    f"--receive-pack={_OTHER_END} -c receive.autogc=false -c receive.fsckObjects=true receive-pack"
)


class GitError(Exception):
    """A git command failed: what was tried and git's last line, never a secret.

    `status` is git's exit status, None when it did not come to one.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Remote:
    """Another repository, with the settings and the environment that git needs to reach it."""

    url: str
    settings: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def local(self) -> bool:
        """Whether it lies on this machine."""
        return self.url.startswith("/")


def remote(url: str) -> Remote:
    """A remote from an absolute path or an `https://[user:token@]host/path` address.

    Every other way to name one (ssh, git, ext::, file://, a relative path) raises GitError.
    """
    if any(unicodedata.category(letter) == "Cc" for letter in url):
        raise GitError("The repository's address contains control characters.")
    if url.startswith("/"):
        return Remote(url, ("protocol.file.allow=always",))
    if not url.startswith("https://"):
        raise GitError("Only https:// addresses and absolute paths can be used as a repository.")
    return _https(url)


def _https(url: str) -> Remote:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise GitError("The repository's address is not complete.") from None
    host = parts.netloc.rpartition("@")[2]
    if not _HOST.fullmatch(host) or "@" in parts.path or parts.query or parts.fragment:
        raise GitError("The repository's address is not complete: https://host/owner/name.")
    environment = {name: os.environ[name] for name in _NETWORK if name in os.environ}
    settings = ["protocol.https.allow=always"]
    if parts.password or parts.username:
        # Tied to the host, so that nobody else is ever given the token.
        settings.append(f"credential.https://{host}.helper={_HELPER}")
        environment[_USER] = unquote(parts.username or "")
        environment[_PASSWORD] = unquote(parts.password or "")
    return Remote(f"https://{host}{parts.path}", tuple(settings), environment)


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

    A reader that stops before the end stops git, which then is no error. Raises GitError.
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
    with _Watch(process, timeout) as watch:
        assert process.stdout is not None
        yield process.stdout
        stopped_early = bool(process.stdout.read(1))
        if stopped_early:
            watch.kill()
        status = process.wait()
    if watch.timed_out:
        raise GitError(f"git {arguments[0]} failed: it did not end within {timeout:.0f} seconds.")
    if status and not stopped_early:
        reason = _reason(watch.messages, (to.environment if to else {}).get(_PASSWORD, ""))
        raise GitError(f"git {arguments[0]} failed: {reason}", status=status)


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
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()

    def kill(self) -> None:
        """End the process group, which git leads."""
        if self._process.poll() is not None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
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


def _printable(line: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in line).strip()
