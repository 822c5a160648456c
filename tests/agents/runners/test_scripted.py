"""The recorded transcript over the demo project: real files, real commits, real tests."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from agents.runners.base import Task, ToolResult, Usage
from agents.runners.scripted import ScriptedRunner
from agents.runners.transcript import TranscriptError
from agents.sandboxes.base import SandboxSpec
from agents.sandboxes.local import LocalProvider
from soulcaster.demo import build_repository, material
from tests.soulcaster.demo.plant import plant_other
from tests.stand_ins.directory_sandbox import DirectorySandbox
from tests.stand_ins.listener import KeepingListener


@pytest.fixture
def demo(tmp_path: Path) -> DirectorySandbox:
    build_repository(tmp_path / "repo")
    return DirectorySandbox(tmp_path.resolve())


def titles(sandbox: DirectorySandbox) -> list[str]:
    shown = sandbox.run(["git", "log", "-4", "--format=%s"], cwd=sandbox.repository).text
    return shown.splitlines()


def failing(listener: KeepingListener) -> list[str]:
    return [
        event.summary for event in listener.events if isinstance(event, ToolResult) and not event.ok
    ]


@pytest.mark.slow
def test_two_rounds_leave_three_commits_and_a_third_says_nothing_more(
    demo: DirectorySandbox, task: Task
) -> None:
    runner = ScriptedRunner(material().transcript)
    listener = KeepingListener()
    for number in (1, 2, 3):
        verdict = runner.work(
            replace(task, round=number, feedback="" if number == 1 else "a test fails"),
            demo,
            listener,
        )
        assert verdict.ok
    assert "nothing more" in verdict.reason
    assert titles(demo) == [
        "Count percentages before amounts, whatever the order",
        "Take each coupon from what the ones before have left",
        "Show that two coupons take off too much",
        "Release 0.7.0",
    ]
    status = demo.run(["git", "status", "--porcelain"], cwd=demo.repository)
    assert status.text == ""
    runs = [event for event in listener.events if isinstance(event, ToolResult)]
    results = [event.ok for event in runs if event.name == "run_tests"]
    assert results == [False, False, True, True]


@pytest.mark.slow
def test_edits_that_do_not_fit_are_answered_and_the_transcript_goes_on(
    demo: DirectorySandbox, task: Task
) -> None:
    plant_other(Path(demo.repository))
    listener = KeepingListener()
    runner = ScriptedRunner(material().transcript)
    assert runner.work(task, demo, listener).ok
    assert any("stands 0 times" in summary for summary in failing(listener))


@pytest.mark.slow
def test_it_works_in_a_real_sandbox(tmp_path: Path) -> None:
    head = build_repository(tmp_path / "demo")
    bundle = tmp_path / "demo.bundle"
    subprocess.run(
        ["git", "bundle", "create", "--quiet", str(bundle), "main"],
        cwd=tmp_path / "demo",
        check=True,
    )
    box = LocalProvider(tmp_path / "sandboxes").create(SandboxSpec("scripted"))
    try:
        box.put_repository(bundle, base=head, shallow=())
        listener = KeepingListener()
        runner = ScriptedRunner(material().transcript)
        assert all(runner.work(Task("Fix it.", round=n), box, listener).ok for n in (1, 2))
        fixed = box.read(f"{box.repository}/src/tillwork/coupons.py")
        assert b"percentages_first" in fixed
        assert box.get_commits(head)
    finally:
        box.close()
    assert [summary for summary in failing(listener) if "nothing was run" not in summary] == []


def test_no_tokens_are_counted_since_no_model_was_asked(
    sandbox: DirectorySandbox, task: Task, tmp_path: Path
) -> None:
    transcript = tmp_path / "short.json"
    transcript.write_text('{"title": "Short", "rounds": [[{"say": "Nothing to do."}]]}')
    listener = KeepingListener()
    verdict = ScriptedRunner(transcript).work(task, sandbox, listener)
    assert verdict.reason == "Nothing to do."
    assert not any(isinstance(event, Usage) for event in listener.events)


@pytest.mark.parametrize("text", ["", "[]", '{"title": "x", "rounds": [[{"shout": "x"}]]}'])
def test_a_file_that_is_no_transcript_is_refused(
    sandbox: DirectorySandbox, task: Task, tmp_path: Path, text: str
) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(TranscriptError):
        ScriptedRunner(tmp_path / "bad.json").work(task, sandbox, KeepingListener())


def test_a_missing_file_is_named(sandbox: DirectorySandbox, task: Task, tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match=r"gone\.json"):
        ScriptedRunner(tmp_path / "gone.json").work(task, sandbox, KeepingListener())
