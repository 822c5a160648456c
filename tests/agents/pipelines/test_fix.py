"""A fix from plan to pull request, with real git, real sandboxes and a real local forge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.pipelines.base import ReceiptKind, ReceiptStatus
from agents.pipelines.fix import Result
from tests.agents.pipelines.agents_of_tests import Editor
from tests.agents.pipelines.bench import BRANCH, Bench
from tests.agents.pipelines.projects import NEW_TEST, PRICE, RIGHT, TEST, WRONG, git

pytestmark = pytest.mark.slow

FIXED = {PRICE: RIGHT, TEST: NEW_TEST}
Fixed = tuple[Bench, Result]


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fixed]:
    """A job whose agent was right at once; its tests only look."""
    bench = Bench(tmp_path_factory.mktemp("fixed"))
    bench.runner = Editor(FIXED)
    yield bench, bench.run()
    bench.close()


def test_a_right_change_after_a_wrong_one_becomes_a_ready_pull_request(bench: Bench) -> None:
    editor = Editor({PRICE: WRONG, TEST: NEW_TEST}, {PRICE: RIGHT})
    bench.runner = editor

    result = bench.run()

    pull = bench.only_pull()
    assert (result.outcome, result.verified) == ("verified", True), bench.memory.log
    assert (pull.draft, pull.head_sha, pull.number) == (False, result.head_sha, result.pull_number)
    assert "\n**Verified.** 3 tests pass with the change." in pull.body
    assert "test_no_cent_is_lost" in editor.tasks[1].feedback
    assert bench.left_over() == []


def test_what_is_kept_elsewhere_is_said_and_a_changed_pointer_is_pointed_out(bench: Bench) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"
    (bench.source / ".gitattributes").write_text("*.bin filter=lfs\n")
    (bench.source / "logo.bin").write_text(pointer)
    git(bench.source, "-c", "filter.lfs.clean=cat", "add", "--all")
    git(bench.source, "update-index", "--add", "--cacheinfo", f"160000,{bench.base},vendor")
    git(bench.source, "commit", "-q", "-m", "A logo, and another repository")
    bench.runner = Editor({**FIXED, "logo.bin": pointer.replace("a", "b")})

    result = bench.run()

    assert result.outcome == "verified", bench.memory.log
    assert "keeps 1 file in Git LFS: the sandbox sees its pointer only" in bench.memory.log
    assert "Submodules are not checked out: vendor." in bench.memory.log
    assert "Guard: logo.bin: This file's content is in Git LFS" in bench.memory.log
    changed = bench.forge.changed(bench.only_pull().number)
    assert {file.path for file in changed} == {*FIXED, "logo.bin"}


def test_receipts_tell_which_code_the_tests_ran_on(fixed: Fixed) -> None:
    bench, result = fixed
    receipts = bench.memory.receipts
    baseline = receipts[ReceiptKind.BASELINE, 1]
    head, reproduction = receipts[ReceiptKind.HEAD, 1], receipts[ReceiptKind.REPRODUCTION, 1]
    assert (baseline.status, baseline.commit) == (ReceiptStatus.PASSED, bench.base)
    assert (head.status, head.commit) == (ReceiptStatus.PASSED, result.head_sha)
    assert (reproduction.status, reproduction.commit) == (ReceiptStatus.FAILED, bench.base)
    assert reproduction.failing() == ["tests/test_price.py::test_no_cent_is_lost"]
    assert len(head.passing()) == 3


def test_commits_are_in_the_name_of_the_requester_and_above_the_start(fixed: Fixed) -> None:
    bench, result = fixed
    commits = bench.forge.commits(bench.only_pull().number)
    assert [(commit.title, commit.email) for commit in commits] == [
        ("Shares lose cents", "alice@example.com"),
        ("Shares lose cents", "alice@example.com"),
    ]
    assert commits[-1].sha == result.head_sha
    assert {file.path for file in bench.forge.changed(bench.only_pull().number)} == set(FIXED)


def test_kept_files_are_the_prompt_the_reports_and_the_difference(fixed: Fixed) -> None:
    bench, _ = fixed
    assert set(bench.memory.artifacts) == {
        ("commits", "commits.bundle"),
        ("prompt", "prompt-1.md"),
        ("junit", "baseline-1.xml"),
        ("junit", "head-1.xml"),
        ("junit", "reproduction-1.xml"),
        ("diff", "change.diff"),
    }
    assert b"divmod" in bench.memory.artifacts["diff", "change.diff"].data
    assert b"Shares of a bill" in bench.memory.artifacts["prompt", "prompt-1.md"].data


def test_the_job_s_own_branch_is_all_that_is_written(fixed: Fixed) -> None:
    bench, _ = fixed
    assert bench.forge.mirror().branches().keys() == {"main", BRANCH}
    assert bench.forge.mirror().resolve("main") == bench.base
