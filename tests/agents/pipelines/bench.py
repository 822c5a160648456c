"""Everything one fix needs: a repository, a local forge, real sandboxes, an agent, a journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from agents.pipelines.context import AtGate
from agents.pipelines.earlier import Earlier
from agents.pipelines.fix import FixContext, Quote, Result, Settings, Tools, run_fix
from agents.runners.base import CommandRunner, HostedRunner
from agents.sandboxes.local import LocalProvider
from clusters.forges.base import Author, Pull
from clusters.forges.local import LocalForge
from clusters.planner.base import CandidateFile, Criterion, PlanDraft
from tests.agents.pipelines.journal import Memory, MemoryJournal
from tests.agents.pipelines.projects import PRICE, TILL, git, make_repository

BRANCH = "soulcaster/3-7"
PLAN = PlanDraft(
    summary="Shares of a bill lose cents.",
    files=[CandidateFile(path=PRICE, reason="It computes shares.")],
    steps=["Give the cents that are left to the first people."],
    criteria=[Criterion(text="All shares together are the bill.")],
)
QUOTES = [
    Quote(11, "github", "Lost cents", "We split 10.00 by three and @mona paid 9.99. Fixes #1"),
]


class Bench:
    """One job on one project."""

    def __init__(self, folder: Path, files: Mapping[str, str] = TILL) -> None:
        self.folder = folder
        self.source = make_repository(folder / "source", files)
        self.home, self.mirror = folder / "forge", folder / "mirror.git"
        self.sandboxes = LocalProvider(folder / "sandboxes")
        self.memory = Memory()
        self.runner: CommandRunner | HostedRunner | None = None
        self.gate: AtGate | None = None
        self.cancelled = False
        self.job_id = 7
        self.earlier: Earlier | None = None
        self.settings = Settings(base_branch="main", branch=BRANCH, allow_unisolated=True)

    @property
    def forge(self) -> LocalForge:
        return LocalForge(self.home, self.mirror, source=self.source)

    @property
    def base(self) -> str:
        return git(self.source, "rev-parse", "main")

    def change(self, **settings: object) -> None:
        self.settings = replace(self.settings, **settings)  # type: ignore[arg-type]

    def context(self) -> FixContext:
        return FixContext(
            job_id=self.job_id,
            title="Shares lose cents",
            runner_name="local_editor",
            runner_title="Editor of the tests",
            agent_note="",
            plan=PLAN,
            plan_version=2,
            quotes=QUOTES,
            requester=Author("Alice Archer", "alice@example.com"),
            settings=self.settings,
            job_url="https://soulcaster.example/jobs/7",
            gate=self.gate,
            cancelled=self.cancelled,
            earlier=self.earlier,
        )

    def run(self, journal: MemoryJournal | None = None) -> Result:
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        tools = Tools(self.forge, self.sandboxes, self.runner, scratch)
        return run_fix(self.context(), tools, journal or MemoryJournal(self.memory))

    def pull(self) -> Pull | None:
        return self.forge.find_pr(BRANCH)

    def only_pull(self) -> Pull:
        (pull,) = self.forge.pulls()
        return pull

    def branch_exists(self) -> bool:
        return BRANCH in self.forge.mirror().branches()

    def left_over(self) -> list[str]:
        return list(self.sandboxes.list())

    def close(self) -> None:
        for sandbox_id in self.sandboxes.list():
            self.sandboxes.connect(sandbox_id).close()
