"""The demo project fails in one place, and the transcript mends it in two rounds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from agents.runners.transcript import RecordedCall, load_transcript
from soulcaster.demo import build_repository, material
from soulcaster.demo.history import HISTORY
from tests.soulcaster.demo.plant import plant_other

BASE = "test_coupons.py::test_the_second_percentage_is_taken_from_what_the_first_has_left"
ORDER = "test_checkout.py::test_amounts_count_last_whatever_the_order"
REPRODUCTION = {
    "test_coupons_together.py::test_sixty_and_fifty_percent_leave_a_fifth_of_the_price",
    "test_coupons_together.py::test_two_amounts_take_at_most_what_there_is",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    build_repository(tmp_path / "project")
    return tmp_path / "project"


def failures(project: Path) -> set[str]:
    """Ids of the tests that fail."""
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=project,
        env={"PATH": "/usr/bin:/bin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search(r"\d+ passed", done.stdout), done.stdout
    return set(re.findall(r"^FAILED tests/(\S+)", done.stdout, re.MULTILINE))


def calls(*rounds: int) -> list[RecordedCall]:
    transcript = load_transcript(material().transcript)
    return [call for each in rounds for turn in transcript.rounds[each - 1] for call in turn.calls]


def edit(project: Path, recorded: list[RecordedCall]) -> list[str]:
    """Apply what can be applied; the files whose edits did not fit."""
    refused = []
    for call in recorded:
        if call.tool == "write_file":
            (project / call.args["path"]).write_text(call.args["content"], encoding="utf-8")
        elif call.tool == "edit_file":
            file = project / call.args["path"]
            text = file.read_text(encoding="utf-8")
            if text.count(call.args["old"]) == 1:
                file.write_text(text.replace(call.args["old"], call.args["new"]), encoding="utf-8")
            else:
                refused.append(call.args["path"])
    return refused


def test_its_history_is_believable_and_always_the_same(tmp_path: Path) -> None:
    first, second = build_repository(tmp_path / "a"), build_repository(tmp_path / "b")
    assert first == second
    assert 5 <= len(HISTORY) <= 8
    log = subprocess.check_output(
        ["git", "log", "--format=%an %ae %aI %s"], cwd=tmp_path / "a", text=True
    )
    assert len(log.splitlines()) == len(HISTORY)
    assert len({line.split("@")[0] for line in log.splitlines()}) > 1


def test_every_file_belongs_to_a_commit() -> None:
    root = material().repository
    files = {
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files == {path for chapter in HISTORY for path in chapter.paths}


def test_one_test_fails_before_anything_is_done(project: Path) -> None:
    assert failures(project) == {BASE}


def test_the_new_tests_fail_on_the_old_code(project: Path) -> None:
    tests_only = [call for call in calls(1) if call.tool == "write_file"]
    assert edit(project, tests_only) == []
    assert failures(project) == {BASE} | REPRODUCTION


def test_the_first_round_breaks_another_test(project: Path) -> None:
    assert edit(project, calls(1)) == []
    assert failures(project) == {ORDER}


def test_the_second_round_mends_it(project: Path) -> None:
    assert edit(project, calls(1, 2)) == []
    assert failures(project) == set()


def test_another_defect_is_not_mended_by_the_same_words(project: Path) -> None:
    plant_other(project)
    before = failures(project)
    assert before
    assert BASE not in before
    assert edit(project, calls(1, 2)) == ["src/tillwork/coupons.py", "src/tillwork/coupons.py"]
    assert failures(project) == before
