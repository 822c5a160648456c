"""A retry begins where a person wants it to, with what the earlier job left, and with no more."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TypeVar

import pytest
from pydantic import TypeAdapter

from agents.pipelines.base import AwaitsApproval, ReceiptDraft, ReceiptKind
from agents.pipelines.earlier import Done, Earlier
from agents.pipelines.fix import Result
from agents.pipelines.records import AgentRound, Baseline, Verification
from clusters.forges.base import Author, ForgeError, PullState
from clusters.forges.local import LocalForge
from tests.agents.pipelines.agents_of_tests import Editor
from tests.agents.pipelines.bench import Bench
from tests.agents.pipelines.journal import Killed, Memory, MemoryJournal
from tests.agents.pipelines.projects import CHECK, NEW_CHECK, PRICE, RIGHT, WRONG, commit, git

T = TypeVar("T")

pytestmark = pytest.mark.slow

FIXED = {PRICE: RIGHT, CHECK: NEW_CHECK}
ALL = ["preflight", "provision", "checkout", "draft_pr", "setup", "baseline", "agent", "verify"]
END = ["guard", "publish", "finish"]


@pytest.fixture
def refused(quick: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A job whose push the forge refused when all else was done."""
    real = LocalForge.push

    def push(forge: LocalForge, mirror: object, sha: str, branch: str) -> None:
        if sha != start_of(quick.memory):
            raise ForgeError("push_refused", "The rules of the branch refuse it.")
        real(forge, mirror, sha, branch)  # type: ignore[arg-type]

    quick.runner = Editor(FIXED)
    with monkeypatch.context() as patched:
        patched.setattr(LocalForge, "push", push)
        assert quick.run().outcome == "push_refused"
    return quick


def stored(memory: Memory, kind: type[T], name: str, round: int = 1) -> T:
    return TypeAdapter(kind).validate_json(memory.steps[name, round])


def start_of(memory: Memory) -> str:
    known = memory.steps.get(("checkout", 1))
    return str(json.loads(known)["start"]) if known else ""


def earlier(bench: Bench, from_step: str, *, asked_gate: bool = False) -> Earlier:
    """What the bench's job left, as it is found in its rows."""
    memory = bench.memory
    done = Done(
        job_id=bench.job_id,
        start=start_of(memory),
        round=stored(memory, AgentRound, "agent"),
        bundle=memory.artifacts["commits", "commits.bundle"].data,
        runner_name="local_editor",
        runner_title="Editor of the tests",
        requester="Alice Archer",
        verification=stored(memory, Verification, "verify") if from_step == "publish" else None,
        asked_gate=asked_gate,
    )
    return Earlier(
        bench.job_id,
        from_step,
        str(json.loads(memory.steps["checkout", 1])["base"]),
        stored(memory, Baseline, "baseline"),
        None if from_step == "agent" else done,
    )


def measured(memory: Memory) -> list[ReceiptDraft]:
    return [replace(each, tests=list(each.tests)) for each in memory.receipts.values()]


def as_new_job(bench: Bench, known: Earlier) -> None:
    """Let the bench's job be job 8, which knows of the earlier one what it is told."""
    bench.earlier, bench.memory, bench.job_id = known, Memory(), 8
    bench.change(branch="soulcaster/3-8")


def retried(bench: Bench, from_step: str, *, asked_gate: bool = False) -> Result:
    as_new_job(bench, earlier(bench, from_step, asked_gate=asked_gate))
    return bench.run()


def pull_of(bench: Bench, result: Result) -> str:
    (pull,) = [each for each in bench.forge.pulls() if each.number == result.pull_number]
    assert pull.head_sha == result.head_sha
    return pull.body


def test_publishing_is_tried_again_with_the_same_commits_and_receipts(refused: Bench) -> None:
    before = refused.memory
    refused.runner = None  # nobody's key is needed
    result = retried(refused, "publish")
    assert result.outcome == "verified"
    assert result.head_sha == stored(before, AgentRound, "agent").head
    steps = ["preflight", "provision", "checkout", "draft_pr", "baseline", "agent", "verify"]
    assert refused.memory.worked == [*steps, *END]
    assert measured(refused.memory) == measured(before)
    assert refused.memory.artifacts["commits", "commits.bundle"].data


def test_the_text_says_what_was_measured_in_which_job(refused: Bench) -> None:
    body = pull_of(refused, retried(refused, "publish"))
    assert "All of this was measured in job 7, on these very commits." in body
    assert "The commits were made by Editor of the tests" in body
    assert "in job 7, which Alice Archer asked for" in body
    assert "as [job 8]" in body


def test_commits_are_tested_again_without_an_agent(refused: Bench) -> None:
    before = refused.memory
    refused.runner = None
    result = retried(refused, "verify")
    assert (result.outcome, result.head_sha) == (
        "verified",
        stored(before, AgentRound, "agent").head,
    )
    assert refused.memory.worked == [*ALL, *END]
    body = pull_of(refused, result)
    assert "Before was measured in job 7, After and Reproduction in this job (8)." in body
    assert stored(refused.memory, Verification, "verify").taken_from == 0


def test_commits_that_prove_nothing_go_to_no_agent(quick: Bench) -> None:
    quick.change(rounds=1)
    quick.runner = Editor({PRICE: WRONG})
    assert quick.run().outcome == "unverified"
    quick.change(rounds=3)
    quick.runner = asked = Editor(FIXED)
    assert retried(quick, "verify").outcome == "unverified"
    assert asked.tasks == []


def test_the_agent_works_again_on_the_same_code(refused: Bench) -> None:
    base = refused.base
    commit(refused.source, {"till/__init__.py": "# newer\n"})
    refused.runner = Editor(FIXED)
    result = retried(refused, "agent")
    assert result.outcome == "verified"
    assert json.loads(refused.memory.steps["checkout", 1])["base"] == base
    assert refused.memory.worked == [*ALL, *END]
    known = stored(refused.memory, Baseline, "baseline")
    assert known.taken_from == 7
    assert refused.memory.receipts[ReceiptKind.BASELINE, 1] == known.receipt
    assert "taken over from job 7" in refused.memory.log
    assert "Before was measured in job 7" in pull_of(refused, result)


def test_in_another_environment_the_tests_run_again(refused: Bench) -> None:
    refused.change(test_command=f"env A=1 {refused.settings.test_command}")
    result = retried(refused, "agent")
    assert result.outcome == "verified"
    assert stored(refused.memory, Baseline, "baseline").taken_from == 0
    assert "the tests before the change run again" in refused.memory.log
    assert "measured in job" not in pull_of(refused, result)


@pytest.mark.parametrize("from_step", ["agent", "verify", "publish"])
def test_code_that_the_branch_lost_is_not_worked_on(refused: Bench, from_step: str) -> None:
    git(refused.source, "commit", "--amend", "-q", "-m", "Rewritten")
    result = retried(refused, from_step)
    assert result.outcome == "merge_conflict"
    assert "from the beginning" in result.detail
    assert refused.left_over() == []


def test_receipts_of_other_commits_are_not_taken_over(refused: Bench) -> None:
    known = earlier(refused, "publish")
    assert known.done is not None
    assert known.done.verification is not None
    others = replace(known.done.verification.head, commit="f" * 40)
    forged = replace(known.done, verification=replace(known.done.verification, head=others))
    as_new_job(refused, replace(known, done=forged))
    result = refused.run()
    assert result.outcome == "worker_lost"
    assert "other commits" in result.detail
    assert refused.memory.receipts.keys() == {(ReceiptKind.BASELINE, 1)}


@pytest.mark.parametrize("bundle", [b"", b"nonsense"], ids=["gone", "broken"])
def test_commits_that_are_gone_are_not_made_up(refused: Bench, bundle: bytes) -> None:
    known = earlier(refused, "verify")
    assert known.done is not None
    as_new_job(refused, replace(known, done=replace(known.done, bundle=bundle)))
    shutil.rmtree(refused.mirror)
    result = refused.run()
    assert (result.outcome, result.head_sha) == ("worker_lost", "")
    assert "cannot be read any more" in result.detail
    assert refused.left_over() == []


def test_another_workers_mirror_gets_the_commits(refused: Bench) -> None:
    as_new_job(refused, earlier(refused, "publish"))
    shutil.rmtree(refused.mirror)
    assert refused.run().outcome == "verified"


def test_the_guard_looks_again(quick: Bench) -> None:
    quick.runner = Editor({**FIXED, ".github/workflows/release.yml": "on: push\n"})
    assert quick.run().outcome == "guard_blocked"
    assert retried(quick, "publish").outcome == "guard_blocked"


def test_the_guard_knows_whose_commits_they_are(
    refused: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_new_job(refused, earlier(refused, "publish"))
    context = replace(refused.context(), requester=Author("Bob", "bob@example.com"))
    monkeypatch.setattr(refused, "context", lambda: context)
    result = refused.run()
    assert result.outcome == "verified"
    body = pull_of(refused, result)
    assert "Asked for by Bob" in body
    assert "which Alice Archer asked for" in body


@pytest.mark.parametrize("from_step", ["verify", "publish"])
def test_the_gate_is_asked_again(refused: Bench, from_step: str) -> None:
    refused.change(gate=True)
    with pytest.raises(AwaitsApproval):
        retried(refused, from_step)


def test_switching_the_gate_off_lets_nothing_out_that_waited_at_it(refused: Bench) -> None:
    with pytest.raises(AwaitsApproval):
        retried(refused, "publish", asked_gate=True)


def test_the_earlier_draft_stays_for_people_to_close(quick: Bench) -> None:
    quick.change(rounds=1)
    quick.runner = Editor({PRICE: RIGHT})
    first = quick.run()
    assert first.outcome == "unverified"
    second = retried(quick, "verify")
    assert second.pull_number != first.pull_number
    assert {pull.state for pull in quick.forge.pulls()} == {PullState.OPEN}


def test_a_secret_in_the_commits_is_not_kept(quick: Bench) -> None:
    quick.runner = Editor({**FIXED, "till/keys.py": "KEY = 'AKIAIOSFODNN7EXAMPLE'\n"})
    assert quick.run().outcome == "guard_blocked"
    assert not quick.memory.artifacts["commits", "commits.bundle"].data


def test_commits_are_kept_as_they_come_back(quick: Bench) -> None:
    quick.runner = Editor({PRICE: WRONG}, FIXED)
    kept: list[bytes] = []

    def look(name: str, round: int) -> None:
        if name == "agent":
            kept.append(quick.memory.artifacts["commits", "commits.bundle"].data)

    assert quick.run(MemoryJournal(quick.memory, worked=look)).outcome == "verified"
    assert len(kept) == 2
    assert kept[0] != kept[1]


@pytest.mark.parametrize("moment", ["worked", "kept"])
@pytest.mark.parametrize("from_step", ["verify", "publish"])
def test_workers_that_die_in_a_retry_leave_one_pull_request(
    refused: Bench, from_step: str, moment: str
) -> None:
    as_new_job(refused, earlier(refused, from_step))
    died: set[str] = set()

    def die_once(name: str, round: int) -> None:
        if name not in died:
            died.add(name)
            raise Killed

    while True:
        journal = (
            MemoryJournal(refused.memory, worked=die_once)
            if moment == "worked"
            else MemoryJournal(refused.memory, kept=die_once)
        )
        try:
            result = refused.run(journal)
            break
        except Killed:
            continue
    assert result.outcome == "verified"
    assert len(refused.forge.pulls()) == 2  # the earlier job's, which was closed, and this one's
