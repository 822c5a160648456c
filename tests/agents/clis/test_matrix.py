"""Every command line agent, its real program, through whole fixes: what works, and what breaks.

Kilo Code and Claude Code go through all of it in every run of this lane; the others, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.pipelines.base import Cancelled
from agents.runners.base import ToolCall
from agents.sandboxes.base import Isolation
from agents.sandboxes.local import view
from tests.agents.clis.jobs import KEY, SCRIPTS, CliBench
from tests.agents.pipelines.journal import Memory, MemoryJournal
from tests.agents.sandboxes.helpers import provider_of, reachable_folder
from tests.stand_ins.model_server import BAD_KEY, ModelServer, model_server

AGENTS = ("kilo", "claude", "codex", "opencode", "aider")
pytestmark = [pytest.mark.cli, pytest.mark.timeout(900)]
every_agent = pytest.mark.parametrize("name", AGENTS)


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server(SCRIPTS) as server:
        yield server


Make = Callable[..., CliBench]


@pytest.fixture
def reachable() -> Iterator[Path]:
    """Only on the first tier do a root worker's commands see what is closed to other users."""
    with reachable_folder() as folder:
        yield folder


@pytest.fixture
def make(tmp_path: Path, reachable: Path, server: ModelServer) -> Iterator[Make]:
    benches: list[CliBench] = []

    def _make(name: str, script: str, key: str = KEY, tier: str = "auto") -> CliBench:
        folder = reachable if tier != "auto" else tmp_path
        benches.append(CliBench(folder / "job", name, server, script, key, tier))
        return benches[-1]

    yield _make
    for bench in benches:
        bench.close()


@every_agent
def test_a_defect_is_fixed_and_proven(name: str, make: Make) -> None:
    bench = make(name, "fix")

    result = bench.run()

    assert (result.outcome, result.verified) == ("verified", True), bench.memory.log
    assert not bench.only_pull().draft
    assert bench.left_over() == []


@pytest.mark.parametrize("tier", [Isolation.BUBBLEWRAP, Isolation.LANDLOCK])
@every_agent
def test_the_other_tiers_do_as_well(
    name: str, tier: Isolation, make: Make, reachable: Path
) -> None:
    provider_of(tier, reachable / "probe")
    bench = make(name, "fix", tier=tier.value)
    interpreter = bench.program.with_name("python")
    if interpreter.exists() and not view.reachable(interpreter):
        pytest.skip(f"the Python of {name} lies where only root may go")

    result = bench.run()

    assert result.outcome == "verified", bench.memory.log
    assert bench.memory.blocked == []


@every_agent
def test_a_wrong_attempt_is_followed_by_a_second_in_the_same_conversation(
    name: str, make: Make
) -> None:
    bench = make(name, "second")
    bench.change(rounds=2)

    result = bench.run()

    assert result.outcome == "verified", bench.memory.log
    assert len(set(bench.sessions())) <= 1
    # Aider runs the tests itself and tries again before its round ends.
    rounds = 1 if name == "aider" else 2
    assert bench.memory.worked.count("agent") == rounds


@pytest.mark.parametrize(
    ("script", "outcomes"),
    [
        ("always-429", {"model_unavailable"}),
        ("always-500", {"model_unavailable"}),
        ("always-hang", {"model_unavailable", "time_limit"}),
        ("always-stall", {"model_unavailable", "time_limit"}),
        ("always-cut", {"model_unavailable", "verified"}),
        ("always-404", {"model_unknown"}),
        ("nothing", {"no_changes"}),
        # The program ends with 0 and says that all is well.
        ("wrong", {"unverified"}),
        ("broken", {"unverified"}),
        ("flaky", {"verified"}),
    ],
)
@every_agent
def test_what_goes_wrong_ends_with_its_own_outcome(
    name: str, script: str, outcomes: set[str], make: Make
) -> None:
    bench = make(name, script)

    result = bench.run()

    assert result.outcome in outcomes, (result, bench.memory.log)
    assert bench.left_over() == []


@every_agent
def test_a_refused_key_ends_the_job_at_once(name: str, make: Make) -> None:
    bench = make(name, "fix", BAD_KEY)

    assert bench.run().outcome == "agent_key_refused", bench.memory.log


@every_agent
def test_cancelling_leaves_no_process(name: str, make: Make) -> None:
    if name == "aider":
        pytest.skip("aider runs no commands of the model")
    bench = make(name, "wait")
    memory = Memory()
    bench.memory = memory
    roots: list[str] = []

    def cancel() -> None:
        if any(isinstance(event, ToolCall) for event in memory.events) or _waits():
            (sandbox_id,) = bench.sandboxes.list()
            roots.append(bench.sandboxes.connect(sandbox_id).root)
            raise Cancelled

    with pytest.raises(Cancelled):
        bench.run(MemoryJournal(memory, beaten=cancel))

    assert roots
    assert bench.left_over() == []
    assert not _waits()
    assert not [line for line in _commands() if roots[0] in line]


def _waits() -> bool:
    return any("time.sleep(300)" in line for line in _commands())


def _commands() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it has ended meanwhile
    return found
