"""A hostile agent tries its moves in every tier that claims isolation; each fails and says so."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from agents.sandboxes.base import Blocked, Isolation, SandboxError, SandboxSpec
from tests.agents.pipelines.journal import Memory
from tests.agents.sandboxes.helpers import collect, provider_of, python, wait_for_output
from tests.agents.sandboxes.hostile import LISTED, MOVES, Move
from tests.agents.sandboxes.hostile.move import PRELUDE
from tests.agents.sandboxes.hostile.network import ASK
from tests.agents.sandboxes.hostile.stage import SECRET, Stage, logged, only, set_stage


@pytest.mark.parametrize("move", MOVES, ids=lambda move: str(move.name))
def test_a_move_is_refused_and_shows_in_the_log(stage: Stage, move: Move) -> None:
    if stage.provider.probe().value in move.not_in:
        pytest.skip("it is no danger in this tier; the table of moves says why")
    before = stage.everything()
    lines = stage.play(move.program).splitlines()

    check(move, lines)
    assert stage.victim.poll() is None
    assert stage.canary.read_text() == SECRET
    assert stage.everything() == before


@pytest.mark.parametrize("move", LISTED, ids=lambda move: str(move.name))
def test_a_move_is_refused_where_some_places_are_listed(stage: Stage, move: Move) -> None:
    port = stage.facts["listed"]
    assert isinstance(port, int)

    check(move, stage.play(move.program, only(port)).splitlines())


def check(move: Move, lines: list[str]) -> None:
    """Every line says that something was refused, for a reason that the table knows."""
    assert len(lines) >= len(re.findall(r"(?m)^(attempt|claim)\(", move.program))
    reasons = "|".join(move.says.split())
    for line in lines:
        assert re.fullmatch(rf".+: refused ({reasons})( \(.*\))?", line), "\n".join(lines)


def test_what_is_listed_is_reached_and_what_is_not_is_named(stage: Stage) -> None:
    program = f"""{ASK}
attempt("the listed place", lambda: tunnel(f"127.0.0.1:{{F['listed']}}"))
attempt("another", lambda: tunnel("metadata.google.internal:80"))
attempt("one more", lambda: page("http://169.254.169.254/latest/"))
"""
    port = stage.facts["listed"]
    assert isinstance(port, int)
    sandbox = stage.provider.create(SandboxSpec("hostile"))
    memory = Memory()
    try:
        said = logged(sandbox, python(PRELUDE + program), stage.facts, only(port), memory)
    finally:
        sandbox.close()

    assert [line.split(":")[0] for line in said.splitlines() if "DONE" in line] == [
        "the listed place"
    ]
    assert [place for place, _ in memory.blocked] == [
        Blocked("metadata.google.internal", 80),
        Blocked("169.254.169.254", 80),
    ]


@pytest.mark.slow
def test_without_isolation_these_moves_succeed(sandboxes_root: Path) -> None:
    """So that it is the isolation that refuses them, and not a mistake of theirs."""
    provider = provider_of(Isolation.NONE, sandboxes_root / "unisolated")
    with ExitStack() as stack:
        stage = set_stage(stack, provider)
        for move in MOVES:
            if not move.works_unisolated:
                continue
            said = stage.play(move.program)
            for what in move.works_unisolated:
                assert f"{what.format(**stage.facts)}: DONE" in said, said
            stage.canary.write_text(SECRET)


def test_a_failure_cannot_be_turned_into_a_success(stage: Stage) -> None:
    forge = next(move for move in MOVES if move.name.startswith("forges"))
    sandbox = stage.provider.create(SandboxSpec("hostile"))
    try:
        env = {"FACTS": json.dumps({**stage.facts, "own": sandbox.id, "keys": ["agent"]})}
        program = f"{PRELUDE}{forge.program}os._exit(7)"
        handle = sandbox.spawn(python(program), key="agent", env=env)

        assert collect(sandbox, handle)[1].code == 7
    finally:
        sandbox.close()


SWAP = """
import shutil
os.makedirs("real/inner")
os.symlink(os.path.dirname(F["canary"]), "trap")
for name in ("canary", "inner/canary"):
    with open(f"real/{name}", "w") as file:
        file.write("mine")
say("the swap", "begun")
while True:
    for name in ("real", "trap"):
        try:
            os.rename(name, "place")
            os.rename("place", name)
        except OSError:  # the worker has just made a folder there
            shutil.rmtree("place", ignore_errors=True)
"""


def test_a_link_that_is_swapped_under_the_worker_leads_nowhere(stage: Stage) -> None:
    folder = stage.canary.parent / "inner"
    folder.mkdir()
    (folder / "canary").write_text(SECRET)
    sandbox = stage.provider.create(SandboxSpec("hostile"))
    env = {"FACTS": json.dumps(stage.facts)}
    refused = 0
    try:
        handle = sandbox.spawn(python(PRELUDE + SWAP), key="swap", env=env)
        wait_for_output(sandbox, handle, b"begun")
        for _ in range(200):
            for name in ("canary", "inner/canary"):
                path = f"{sandbox.root}/place/{name}"
                try:
                    assert SECRET.encode() not in sandbox.read(path)
                    sandbox.write(path, b"the worker's")
                except SandboxError:
                    refused += 1
    finally:
        sandbox.close()

    assert refused
    assert stage.canary.read_text() == (folder / "canary").read_text() == SECRET
    shutil.rmtree(folder)
