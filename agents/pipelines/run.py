"""What the steps of one fix share: the way to the sandbox and the mirror, and the clock."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TypeVar

from pydantic import TypeAdapter

from agents.pipelines import registries
from agents.pipelines.base import Journal, Stop
from agents.pipelines.context import FixContext, Settings, Tools
from agents.pipelines.labels import label_of
from agents.pipelines.pr_text import start_message
from agents.pipelines.project_file import FileSettings, effective
from agents.sandboxes.base import Destination, Sandbox
from clusters.forges.base import Author, Forge
from clusters.forges.mirrors import GitError, Mirror

T = TypeVar("T")
_REGISTRIES = "registries"
_DESTINATIONS = TypeAdapter(list[Destination])


class FixRun:
    """One execution on this worker.

    The sandbox and the mirror are looked up when they are first used, because a worker that
    takes a run over may have nothing left to do in them.
    """

    def __init__(self, context: FixContext, tools: Tools, journal: Journal) -> None:
        self.context = context
        self.tools = tools
        self.journal = journal
        self.sandbox_id = ""
        self.isolation = ""
        self.base = ""
        self.file = FileSettings()  # what the repository says about itself, known with its base
        self.pull_number: int | None = None
        self.updates = 0  # of the pull request's text while the work goes on
        self.has_begun = False  # the forge took the token, so a refusal is news
        self.has_worked = False  # there are commits that would be lost
        self._sandbox: Sandbox | None = None
        self._mirror: Mirror | None = None
        self._registries: list[Destination] | None = None

    @property
    def settings(self) -> Settings:
        """The project's choices, with those of its repository where it made none."""
        return effective(self.context.settings, self.file)

    @property
    def forge(self) -> Forge:
        """Where the code lives."""
        return self.tools.forge

    @property
    def label(self) -> str:
        """Names the job's sandboxes, so that one that was left over is found."""
        return label_of(self.context.job_id)

    @property
    def work_ref(self) -> str:
        """Where the mirror keeps the commits that came back."""
        return f"refs/soulcaster/job-{self.context.job_id}"

    @property
    def author(self) -> Author:
        """The requester, with a name and an address that git takes."""
        who = self.context.requester
        return Author(_identity(who.name) or "Soulcaster user", _identity(who.email) or "unknown")

    @property
    def commits_author(self) -> Author:
        """In whose name the commits of the change are: those that are taken over keep theirs."""
        if self.context.done is None:
            return self.author
        start = self.start_commit()
        (first,) = self.mirror.commits(self.base, start, limit=1)
        return Author(first.author, first.email)

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox of this execution; raises SandboxLost when it is gone."""
        if self._sandbox is None:
            self._sandbox = self.tools.sandboxes.connect(self.sandbox_id)
        return self._sandbox

    @property
    def mirror(self) -> Mirror:
        """The worker's mirror, fetched once by this worker; raises ForgeError."""
        if self._mirror is None:
            self._mirror = self.forge.mirror()
        return self._mirror

    def step(self, name: str, result: type[T], work: Callable[[], T], *, round: int = 1) -> T:
        """A step of the journal, unless the job was cancelled or the lease is lost by now."""
        self.journal.beat()
        return self.journal.step(name, result, work, round=round)

    def registries(self) -> list[Destination]:
        """The hosts that packages of this project come from, asked from the installers once.

        Setup asks before any code of the repository has run: later on, what the installers say is
        what that code wants them to say. Other workers are told the same.
        """
        if self._registries is None:
            kept = self.journal.recall(_REGISTRIES)
            self._registries = _DESTINATIONS.validate_json(kept) if kept else self._ask_installers()
            self.journal.remember(_REGISTRIES, _DESTINATIONS.dump_json(self._registries).decode())
        return self._registries

    def _ask_installers(self) -> list[Destination]:
        env = self.tools.setup_env
        named = registries.destinations(env.values())
        found = registries.of(self.sandbox, env)
        return list(dict.fromkeys([*self.tools.registries, *named, *found]))

    def start_commit(self) -> str:
        """The empty commit on the base; made or brought again when this mirror does not have it.

        Commits that are taken over stay as they are, so their start is that of the earlier job.
        Raises GitError when they cannot be read.
        """
        done = self.context.done
        if done is None:
            return self.mirror.empty_commit(self.base, start_message(self.context), self.author)
        if not self.has(done.start):
            self.bring(done.bundle)
        return self.mirror.resolve(done.start)

    def bring(self, data: bytes) -> str:
        """Take a kept bundle of commits on our base into this worker's mirror; their head."""
        bundle = self.tools.scratch / "kept.bundle"
        bundle.write_bytes(data)
        return self.mirror.take_back(bundle, base=self.base, ref=self.work_ref)

    def seconds_left(self) -> float:
        """Of the job's time limit; not below 0."""
        end = self.context.began + self.settings.time_limit + self.context.paused
        return max(0.0, end - time.time())

    def check_time(self) -> None:
        """Raise Stop when the time limit is reached."""
        if not self.seconds_left():
            minutes = self.settings.time_limit / 60
            raise Stop("time_limit", f"The job reached its time limit of {minutes:g} minutes.")

    def has(self, commit: str) -> bool:
        """Whether this worker's mirror knows a commit."""
        try:
            return self.mirror.resolve(commit) == commit
        except GitError:
            return False


def _identity(text: str) -> str:
    printable = "".join(letter for letter in text if letter.isprintable() and letter not in "<>")
    return re.sub(r"^[-\s.,:;\"'\\]+|[\s.,:;\"'\\]+$", "", printable)[:200]
