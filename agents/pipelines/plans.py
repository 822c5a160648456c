"""How the tests of a project are run: the plan that setup makes, and one run by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agents.pipelines import toolbox
from agents.pipelines.base import ReceiptKind
from agents.pipelines.frameworks.base import Framework
from agents.pipelines.frameworks.node_environment import OF_NPM
from agents.pipelines.frameworks.table import FRAMEWORKS
from agents.pipelines.made import HOME_PACKAGE
from agents.sandboxes.base import Sandbox


@dataclass(frozen=True, slots=True)
class TestPlan:
    """How the tests of this project are run.

    `argv` starts them, in `folder` of the checkout and with `environment`. `framework` names who
    counts single tests, or is '' when only the exit code tells; `module` is what the packages of
    Go begin with. `toolbox` is whether the platform brings pytest. `made` are the files that
    setup left in the repository, which a clean checkout needs, too, and `kept` the digests of
    the packages of what setup made. `ignore_addopts` drops the options of the project's pytest
    settings, for projects whose plugins are not installed. `user_site` is whether setup installed
    packages into the sandbox's home, which tests otherwise do not read.
    """

    __test__ = False

    argv: Sequence[str] = ()
    framework: str = ""
    folder: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    module: str = ""
    toolbox: bool = True
    source_roots: Sequence[str] = field(default_factory=lambda: [""])
    made: Sequence[str] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    ignore_addopts: bool = False
    user_site: bool = False

    @property
    def pytest(self) -> bool:
        """Whether the command takes pytest's options."""
        return self.framework == "pytest"

    @property
    def has_patterns(self) -> bool:
        """Whether words of the command stand for files that the platform has to find.

        Node.js learned that late; the other frameworks do it themselves.
        """
        return self.framework == "node" and any("*" in word for word in self.argv)

    @property
    def counts(self) -> Framework | None:
        """Who counts single tests, if anybody does."""
        return FRAMEWORKS.get(self.framework)

    def place(self, checkout: str) -> str:
        """Where the tests run in a checkout."""
        return f"{checkout}/{self.folder}" if self.folder else checkout

    def inside(self, path: str) -> str:
        """A path of the repository relative to the plan's folder, '' for one that is outside."""
        if not self.folder:
            return path
        return path.removeprefix(f"{self.folder}/") if path.startswith(f"{self.folder}/") else ""

    def outside(self, path: str) -> str:
        """A path that is relative to the plan's folder as one of the repository."""
        return f"{self.folder}/{path}" if self.folder and not path.startswith("/") else path

    def takes(self, path: str) -> bool:
        """Whether a file of the repository may hold tests that this plan runs and counts."""
        inside = self.inside(path)
        return bool(inside) and self.counts is not None and self.counts.takes(inside)


@dataclass(frozen=True, slots=True)
class TestRun:
    """One run of tests: of `commit`, which is checked out at `folder` of the sandbox.

    `selectors` are files to run besides those that the command names, which runs all when
    nobody names any; they are paths of the repository. `paths` are the files that patterns of the
    command may mean, relative to where it runs. `timeout` is in seconds.
    """

    __test__ = False

    kind: ReceiptKind
    commit: str
    folder: str
    timeout: float
    round: int = 1
    selectors: Sequence[str] = ()
    paths: Sequence[str] = ()


def command_of(plan: TestPlan, selectors: Sequence[str] = ()) -> list[str]:
    """The command as a person would type it: without what only concerns the report."""
    python = ["python"] if plan.argv and plan.argv[0].endswith("/venv/bin/python") else []
    shown = [*python, *plan.argv[1:]] if python else list(plan.argv)
    return [*shown, *_addopts(plan), *filter(None, map(plan.inside, selectors))]


def agent_command(plan: TestPlan) -> list[str]:
    """The command for the agent, which runs it at the root of its repository."""
    # A shell finds the files of patterns; npm brings one.
    command = ["npm", "test"] if plan.has_patterns else plain_command(plan)
    return ["env", "-C", plan.folder, *command] if plan.folder and command else command


def plain_command(plan: TestPlan) -> list[str]:
    """The command without anything that concerns the report."""
    return [*plan.argv, *_addopts(plan)]


def with_programs(sandbox: Sandbox, plan: TestPlan, place: str, argv: Sequence[str]) -> list[str]:
    """A command that finds the programs that setup installed, as an activated shell would."""
    folders = [f"{place}/node_modules/.bin"]
    if HOME_PACKAGE in plan.kept:  # else an agent could have made that folder
        folders.insert(0, f"{sandbox.root}/venv/bin")
    return ["sh", "-c", _FIND_PROGRAMS, "sh", ":".join(folders), *argv]


_FIND_PROGRAMS = 'PATH="$1:$PATH"; export PATH; shift; exec "$@"'


def _addopts(plan: TestPlan) -> list[str]:
    return ["-o", "addopts="] if plan.ignore_addopts else []


def environment(sandbox: Sandbox, plan: TestPlan, checkout: str) -> dict[str, str]:
    """What the tests of a checkout need in their environment."""
    own = [toolbox.folder_in(sandbox)] if plan.toolbox and plan.pytest else []
    place = plan.place(checkout)
    roots = [f"{place}/{root}" if root else place for root in plan.source_roots]
    # An agent can write to the home, and what lies there could change every outcome.
    alone = {} if plan.user_site else {"PYTHONNOUSERSITE": "1"}
    return {
        **alone,
        "PYTHONPATH": ":".join([*own, *roots]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        **(plan.counts.environment(sandbox) if plan.counts else OF_NPM),
        **plan.environment,
    }
