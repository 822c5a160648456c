"""What all installers need: commands of setup, with its network and its environment."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.pipelines.base import Stop
from agents.pipelines.commands import Command, Ended, watch
from agents.pipelines.egress import setup_network
from agents.pipelines.run import FixRun
from agents.sandboxes.base import Network, Reach

NOT_INSTALLED = (
    "The project's dependencies are not installed: its settings allow no network during setup."
)
_KEPT = 64 << 10  # of the output, where the reason of a failure stands
# Looks a program up as a shell does; the name is an argument, never a part of the script.
_LOOK_UP = 'command -v -- "$1"'


@dataclass(frozen=True, slots=True)
class Installed:
    """What came of it: sentences about what could not be had.

    `python` is the path of the Python for the tests; `has_pytest` whether pytest is in it.
    """

    notes: Sequence[str] = ()
    python: str = "python3"
    has_pytest: bool = False


class Installer:
    """Runs commands of setup in the sandbox."""

    def __init__(self, run: FixRun) -> None:
        self.run = run
        self.sandbox = run.sandbox
        self.has_run = False  # a command that may have left something behind

    @property
    def may_install(self) -> bool:
        """Whether the project allows any network during setup."""
        return self.run.settings.setup_network != Reach.NONE

    def network(self) -> Network:
        """What setup may reach."""
        listed = self.run.settings.setup_network == Reach.LIST
        return setup_network(self.run.settings, self.run.registries() if listed else [])

    def place(self, folder: str) -> str:
        """A folder of the repository in the sandbox."""
        repository = self.sandbox.repository
        return f"{repository}/{folder}" if folder else repository

    def has(self, program: str) -> bool:
        """Whether commands in the sandbox find a program."""
        argv = ["sh", "-c", _LOOK_UP, "sh", program]
        return self.sandbox.run(argv, cwd=self.sandbox.root).ok

    def install(
        self,
        name: str,
        argv: Sequence[str],
        *,
        folder: str = "",
        env: Mapping[str, str] | None = None,
        shown: Sequence[str] = (),
    ) -> Ended:
        """Run a command with the network of setup; its output goes into the log.

        `shown` is what a person reads in its place. Raises Stop when the sandbox is too small for it.
        """
        return self.watched(
            Command(
                name=f"setup-{name}",
                argv=argv,
                cwd=self.place(folder),
                timeout=self.run.settings.setup_timeout,
                env={**self.run.tools.setup_env, **(env or {})},
                network=self.network(),
                kept=_KEPT,
            ),
            shown,
        )

    def watched(self, command: Command, shown: Sequence[str] = ()) -> Ended:
        """Run a command, and say which; raises Stop when the sandbox is too small for it."""
        self.run.journal.say(f"$ {shlex.join(shown or command.argv)}")
        self.has_run = True
        ended = watch(self.sandbox, self.run.journal, command)
        if ended.over_limit:
            raise Stop("sandbox_limit", ended.over_limit)
        return ended
