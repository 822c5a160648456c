"""Whole fixes by real programs: the pipeline, a local sandbox, and a model that follows a script."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from agents.runners import programs, registry
from agents.runners.base import CommandRunner, SessionStarted
from agents.sandboxes.local import LocalProvider
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.projects import PRICE, RIGHT, TILL
from tests.agents.runners.real import find
from tests.stand_ins.model_server import FAILURES, ModelServer, Script, Step

KEY = "sk-a-good-key-of-the-matrix"
NEW = "tests/test_cents.py"
NEW_TEST = (
    "from till.price import share\n\n\n"
    "def test_no_cent_is_lost():\n    assert sum(share(100, 3)) == 100\n"
)
_OLD_LINE = "    return [cents // people] * people\n"
_RIGHT_LINES = RIGHT[len(TILL[PRICE].split(_OLD_LINE)[0]) : -len(TILL[PRICE].split(_OLD_LINE)[1])]
_WRONG_LINE = "    return [cents // people + 1] * people\n"
_BROKEN_LINE = "    return [cents // people) * people\n"

_READ = Step("I look.", "read", {"path": PRICE})
_TEST = Step("First a test.", "write", {"path": NEW, "content": NEW_TEST})
_COMMIT = Step(
    "I commit.", "bash", {"command": "git add --all && git commit -qm 'Keep every cent'"}
)


def _edit(old: str, new: str) -> Step:
    return Step(
        "I change it.", "edit", {"path": PRICE, "old": old.rstrip("\n"), "new": new.rstrip("\n")}
    )


_FIX = (
    _READ,
    _TEST,
    _READ,
    _edit(_OLD_LINE, _RIGHT_LINES),
    _COMMIT,
    Step("Shares keep every cent."),
)
_WRONG = (
    _READ,
    _TEST,
    _READ,
    _edit(_OLD_LINE, _WRONG_LINE),
    _COMMIT,
    Step("I believe that is it."),
)
_BROKEN = (_READ, _TEST, _READ, _edit(_OLD_LINE, _BROKEN_LINE), Step("Done."))
_AT_LAST = (_READ, _edit(_WRONG_LINE, _RIGHT_LINES), _COMMIT, Step("Now it is right."))

SCRIPTS: Mapping[str, Script] = {
    "fix": Script([_FIX]),
    "second": Script([_WRONG, _AT_LAST]),
    "wrong": Script([_WRONG]),
    "broken": Script([_BROKEN]),
    "nothing": Script([[Step("All done, it is corrected.")]]),
    "wait": Script(
        [[Step("I wait.", "bash", {"command": "python3 -c 'import time; time.sleep(300)'"})]]
    ),
    "flaky": Script([_FIX], fail="500", times=1),
    **{f"always-{failure}": Script([_FIX], fail=failure) for failure in FAILURES},
}


class CliBench(Bench):
    """One fix by one agent. `script` chooses what the model says."""

    def __init__(
        self,
        folder: Path,
        name: str,
        server: ModelServer,
        script: str,
        key: str = KEY,
        tier: str = "auto",
    ) -> None:
        super().__init__(folder)
        install = registry.agents()[name].install
        assert install is not None
        self.program = program = find(install)
        self.sandboxes = LocalProvider(
            folder / "sandboxes", tier=tier, extra_read_only=programs.readable(program)
        )
        self.runner = _runner(name, program, server, script, key)
        self.change(rounds=1, agent_timeout=180.0)

    def sessions(self) -> list[str]:
        """The conversations, in the order in which they began or went on."""
        told = self.memory.events
        return [event.session_id for event in told if isinstance(event, SessionStarted)]


def _runner(name: str, program: Path, server: ModelServer, script: str, key: str) -> CommandRunner:
    provider = "anthropic" if name == "claude" else "openai"
    values = {
        "program": str(program),
        "key": key,
        "model": f"{provider}:mock-{script}",
        "base_url": server.url if name == "claude" else f"{server.url}/v1",
        "trusted": "yes",
    }
    return cast("CommandRunner", registry.agents()[name].create(values))
