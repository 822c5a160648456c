"""Run a command as an agent would: in a throw-away sandbox."""

from __future__ import annotations

import codecs
import re
import signal
import tempfile
from argparse import REMAINDER
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents import wiring
from agents.sandboxes.base import (
    Blocked,
    Destination,
    Exited,
    Isolation,
    Network,
    OutputChunk,
    ProcessHandle,
    Reach,
    Sandbox,
    SandboxError,
    SandboxSpec,
)
from clusters.forges import detect
from clusters.forges.base import GitError
from clusters.forges.mirrors import Mirror

_KEY = "command"
_DEPTH = 50
# As other programs that start programs say it.
_NOT_RUN, _TIMED_OUT, _BY_SIGNAL = 125, 124, 128
# A stranger's code must not steer the operator's terminal.
_UNPRINTABLE = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\r\t"}
_PLACE = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+|[0-9A-Fa-f:]+)(:(?P<port>\d{1,5}))?"
)
_ENDS = {
    "timeout": "The command was ended: its time was over.",
    "killed": "The command was ended from outside.",
    "anchor": "The command was ended, because this program was.",
    "lease": "The command was ended, because nobody followed it any more.",
    "lost": "The sandbox went away.",
}


class Command(BaseCommand):
    help = "Run a command as an agent would: in a throw-away sandbox."
    requires_system_checks = []  # no database is needed where no key is

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        run = actions.add_parser(
            "run",
            help="Run one command.",
            usage="manage.py sandbox run [OPTIONS] -- COMMAND ...",
            description="Output goes to standard output, all else to standard error. Ends with "
            "the exit code of the command, or with 125 when it could not be run.",
        )
        run.add_argument("--provider", default="local", help="Such as local (default) or sandbox.")
        run.add_argument("--tier", default="", help="An isolation instead of the strongest.")
        run.add_argument("--repo", type=Path, help="A git repository: its HEAD is checked out.")
        run.add_argument("--network", choices=list(Reach), help="Default: none.")
        run.add_argument(
            "--allow",
            action="append",
            default=[],
            metavar="HOST[:PORT]",
            help="A place that may be reached (again for more); *.NAME for all below it.",
        )
        run.add_argument("command", nargs=REMAINDER, metavar="COMMAND")

    def handle(self, *args: Any, **options: Any) -> None:
        argv = options["command"]
        if argv[:1] == ["--"]:
            argv = argv[1:]
        if not argv:
            raise CommandError("Name a command after `--`.", returncode=_NOT_RUN)
        network = _network(options["network"], options["allow"])
        try:
            with _interruptible(), self._sandbox(options["provider"], options["tier"]) as sandbox:
                if options["repo"] is not None:
                    _put_repository(sandbox, options["repo"])
                end = self._run(sandbox, argv, network, at_home=options["repo"] is None)
        except (SandboxError, GitError) as error:
            raise CommandError(str(error), returncode=_NOT_RUN) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted.", returncode=_BY_SIGNAL + signal.SIGINT) from None
        self._say_end(end)
        raise SystemExit(_exit_code(end))

    @contextmanager
    def _sandbox(self, provider: str, tier: str) -> Iterator[Sandbox]:
        sandbox = wiring.throwaway(provider, tier).create(SandboxSpec("look"))
        try:
            self._say(f"Isolation: {sandbox.isolation}.")
            if sandbox.isolation is Isolation.NONE:
                self._say("So the command can read and reach what this machine lets its user.")
            yield sandbox
        finally:
            sandbox.close()

    def _run(self, sandbox: Sandbox, argv: list[str], network: Network, *, at_home: bool) -> Exited:
        handle = sandbox.spawn(
            argv,
            key=_KEY,
            cwd=sandbox.root if at_home else sandbox.repository,
            env=settings.SETUP_ENVIRONMENT if network != Network.NONE else {},
            network=network,
        )
        return self._follow(sandbox, handle)

    def _follow(self, sandbox: Sandbox, handle: ProcessHandle) -> Exited:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for event in sandbox.follow(handle):
            if isinstance(event, OutputChunk):
                self._show(decoder.decode(event.data))
            elif isinstance(event, Blocked):
                self._say(f"Blocked: {event.host}:{event.port}.")
            elif isinstance(event, Exited):
                self._show(decoder.decode(b"", final=True))
                return event
        return Exited(None, None, "lost")

    def _show(self, text: str) -> None:
        shown = text.translate(_UNPRINTABLE) if self.stdout.isatty() else text
        self.stdout.write(shown, ending="")
        self.stdout.flush()

    def _say(self, sentence: str) -> None:
        self.stderr.write(sentence)

    def _say_end(self, end: Exited) -> None:
        if end.reason == "exited" and end.code is not None:
            self._say(f"The command ended with exit code {end.code}.")
        elif end.reason == "exited":
            self._say(f"The command was ended by signal {end.signal}.")
        else:
            self._say(end.error or _ENDS.get(end.reason, f"The command ended: {end.reason}."))
        if end.truncated:
            self._say("Its output was too long; the rest of it was left out.")


def _network(reach: str | None, allowed: list[str]) -> Network:
    if allowed and reach not in (None, Reach.LIST):
        raise CommandError(
            f"--allow names places of a list: leave --network {reach} out.", returncode=_NOT_RUN
        )
    if reach == Reach.OPEN:
        return Network.OPEN
    return Network.only(_destination(text) for text in allowed)


def _destination(text: str) -> Destination:
    place = _PLACE.fullmatch(text)
    port = int(place["port"]) if place and place["port"] else None
    if place is None or (port is not None and not 0 < port < 1 << 16):
        raise CommandError(f"{text!r} is not HOST or HOST:PORT.", returncode=_NOT_RUN)
    return Destination(place["host"].strip("[]"), port, trusted=True)


def _put_repository(sandbox: Sandbox, path: Path) -> None:
    """Check the HEAD of a repository of this machine out; what is not committed stays behind."""
    found = detect.inspect(path)
    if not found.git or found.empty:
        raise GitError(found.reason or f"{path} has no commits yet.")
    with tempfile.TemporaryDirectory(prefix="soulcaster-look-") as scratch:
        mirror = Mirror(Path(scratch, "mirror.git"))
        mirror.create()
        mirror.fetch_refs(str(path.resolve()), "+HEAD:refs/heads/look")
        bundle = Path(scratch, "look.bundle")
        shallow = mirror.bundle(found.head, bundle, depth=_DEPTH)
        sandbox.put_repository(bundle, base=found.head, shallow=shallow)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM end this as Ctrl-C does, so that nothing is left behind."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _exit_code(end: Exited) -> int:
    if end.reason == "exited" and end.code is not None:
        return end.code
    if end.reason == "timeout":
        return _TIMED_OUT
    if end.reason == "exited" and end.signal:
        return _BY_SIGNAL + end.signal
    return _NOT_RUN if end.reason in ("error", "lost") else _BY_SIGNAL + signal.SIGKILL
