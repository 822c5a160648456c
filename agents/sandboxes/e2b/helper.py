"""Talks to the program inside of a machine (`inside.py`) through the SDK."""

from __future__ import annotations

import json
import secrets
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import IO, Any, NoReturn

from e2b import Sandbox as Machine

from agents.sandboxes.base import SandboxError
from agents.sandboxes.e2b import layout
from agents.sandboxes.e2b.errors import Passing, once, patiently, translated
from agents.sandboxes.e2b.payload import START, payload

Facts = Mapping[str, Any]

# A stream that hangs without breaking is given up then and begun again.
STREAM_SECONDS = 120.0
_SHORT_SECONDS = 60.0
_LARGEST_LINE = 1 << 20
_COMPLAINT = 2000


class NotInstalled(SandboxError):
    """The program inside is not there, or is that of another version."""


class Helper:
    """One machine's program; what it is asked for may be asked twice."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._folder = f"{layout.HOME}/code-{payload().digest}"

    def install(self) -> None:
        """Bring the program in and let it make its folders. Needs tar and python3."""
        patiently(self._install, "prepare the sandbox")

    def ask(self, verb: str, *arguments: object, doing: str, order: Facts | None = None) -> Facts:
        """The last answer to a short question; raises SandboxError with what went wrong."""
        return patiently(lambda: self._ask_once(verb, *arguments, doing=doing, order=order), doing)

    def stream(
        self,
        verb: str,
        *arguments: object,
        doing: str,
        order: Facts | None = None,
        beat_seconds: float = STREAM_SECONDS,
        seconds: float = STREAM_SECONDS,
    ) -> Iterator[Facts]:
        """The answers as they come; we are heard every `beat_seconds` as long as they are taken.

        Raises Passing where the stream breaks, also without an error.
        """
        handle = self._run(self._command(verb, *arguments), seconds, doing, order)
        beaten = time.monotonic()
        lines = _Lines()
        try:
            for out, error, _ in _sdk_iterator(handle, doing):
                lines.complain(error)
                for facts in lines.feed(out):
                    if "end" in facts:
                        return
                    if "error" in facts:
                        raise SandboxError(str(facts["error"]))
                    yield facts
                if time.monotonic() - beaten > beat_seconds:
                    beaten = time.monotonic()
                    # A beat that is lost costs a new stream at worst.
                    with suppress(Exception):
                        handle.send_stdin("\n")
        finally:
            # It ends by itself when nobody is heard; this only ends it sooner.
            with suppress(Exception):
                handle.disconnect()
        lines.complain_of_end(doing)

    def spool(self, data: bytes | IO[bytes]) -> str:
        """Bring bytes to where `place` takes them from; the name there."""
        name = secrets.token_hex(8)
        self._upload(f"{layout.SPOOL}/{name}", data)
        return name

    def place(self, path: str, mode: int, open_data: Callable[[], bytes | IO[bytes]]) -> None:
        """Write a file below the root; `open_data` is asked again for each try."""
        doing = "write a file into the sandbox"

        def work() -> None:
            data = open_data()
            try:
                self._ask_once("place", path, mode, self.spool(data), doing=doing)
            finally:
                if not isinstance(data, bytes):
                    data.close()

        patiently(work, doing)

    def provide(self, folder: str, archive: bytes) -> None:
        """Unpack an archive of ours into the folder that its content names, unless it is there."""
        doing = "bring our tools into the sandbox"

        def work() -> None:
            if not self._ask_once("has", folder, doing=doing)["has"]:
                self._ask_once("provide", self.spool(archive), doing=doing)

        patiently(work, doing)

    def _ask_once(
        self, verb: str, *arguments: object, doing: str, order: Facts | None = None
    ) -> Facts:
        answer: Facts = {}
        try:
            for facts in self.stream(
                verb, *arguments, doing=doing, order=order, seconds=_SHORT_SECONDS
            ):
                answer = facts
        except NotInstalled:
            # A worker of another version made this sandbox: bring ours as well.
            self._install()
            raise Passing("The program of the sandbox was replaced; try again.") from None
        return answer

    def _install(self) -> None:
        spooled = f"{layout.HOME}/{secrets.token_hex(8)}.tar.gz"
        draft = f"{self._folder}.{secrets.token_hex(4)}"
        self._upload(spooled, payload().archive)
        steps = [
            ["umask", "022"],
            ["mkdir", "-p", draft],
            ["tar", "-xzf", spooled, "-C", draft, "--no-same-owner"],
        ]
        script = " && ".join(shlex.join(step) for step in steps)
        there = f"test -e {shlex.quote(self._folder)}"
        # Another try, or another worker, may do the same at the same time.
        moved = shlex.join(["mv", "-T", draft, self._folder])
        script += (
            f" && {{ {moved} 2>/dev/null || {{ {shlex.join(['rm', '-rf', draft])}; {there}; }}; }}"
        )
        setup = self._command("setup")
        clean = shlex.join(["rm", "-f", spooled])
        command = f"({there} || {{ {script}; }}) && {clean} && {setup}"
        handle = self._run(command, _SHORT_SECONDS, "run", None)
        lines = _Lines()
        done = False
        for out, error, _ in _sdk_iterator(handle, "prepare the sandbox"):
            lines.complain(error)
            for facts in lines.feed(out):
                done = done or "done" in facts
        if not done:
            raise SandboxError(
                "The sandbox could not be prepared: its template needs bash, tar and python3 3.11 "
                f"or newer. It said: {lines.complaint or 'nothing'}"
            )

    def _upload(self, path: str, data: bytes | IO[bytes]) -> None:
        once(
            lambda: self._machine.files.write(path, data, user="root", use_octet_stream=True),
            "bring a file into the sandbox",
        )

    def _command(self, verb: str, *arguments: object) -> str:
        program = ["python3", "-I", "-S", f"{self._folder}/{START}"]
        return shlex.join([*program, verb, *map(str, arguments)])

    def _run(self, command: str, seconds: float, doing: str, order: Facts | None) -> Any:
        """Start it as root; an order travels on its input, so it is in no argument list."""
        handle = once(
            lambda: self._machine.commands.run(
                command,
                background=True,
                user="root",
                cwd="/",
                stdin=True,
                timeout=seconds,
                retain_output=False,
            ),
            doing,
        )
        if order is not None:
            try:
                line = json.dumps(order).encode() + b"\n"
                once(lambda: handle.send_stdin(line), doing)
            except BaseException:
                with suppress(Exception):
                    handle.disconnect()
                raise
        return handle


class _Lines:
    """Puts pieces of text together to answers."""

    def __init__(self) -> None:
        self.complaint = ""
        self._rest = ""
        self._any = False

    def feed(self, text: str | None) -> Iterator[Facts]:
        """The answers that are complete now."""
        *lines, self._rest = (self._rest + (text or "")).split("\n")
        if len(self._rest) > _LARGEST_LINE:
            raise SandboxError("The sandbox answered with something that cannot be understood.")
        for line in lines:
            if line.startswith("{"):  # else it is a login shell's greeting
                self._any = True
                yield _facts(line)

    def complain(self, text: str | None) -> None:
        """Keep the end of what it says on stderr."""
        self.complaint = (self.complaint + (text or ""))[-_COMPLAINT:]

    def complain_of_end(self, doing: str) -> NoReturn:
        """Nothing more comes, although more was to come."""
        if not self._any and "can't open file" in self.complaint:
            raise NotInstalled(self.complaint)
        if self.complaint:
            raise SandboxError(f"The sandbox could not {doing}: {self.complaint.strip()[-300:]}")
        raise Passing(f"The sandbox did not {doing}: its answer broke off.")


def _facts(line: str) -> Facts:
    try:
        facts = json.loads(line)
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        raise SandboxError("The sandbox answered with something that cannot be understood.")
    return facts


def _sdk_iterator(handle: Any, doing: str) -> Iterator[tuple[str | None, str | None, bytes | None]]:
    """What a command says, piece by piece; the SDK's errors become ours."""
    pieces = iter(handle)
    while True:
        try:
            piece = next(pieces)
        except StopIteration:
            return
        except Exception as error:  # the SDK raises plain ones as well
            raise translated(error, doing) from error
        yield piece
