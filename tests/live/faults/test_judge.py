"""The judge sees what is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agents.logs.scrubber import MASK
from tests.live.faults.judge import difference
from tests.live.faults.leftovers import processes
from tests.live.faults.moments import FOLDER, held, reach
from tests.live.faults.steady import SECRET, SteadyRunner, expected
from tests.live.faults.steady_program import END, line
from tests.live.faults.till import RIGHT, TEST, WRONG
from tests.live.faults.waiting import until

PROGRAM = [sys.executable, "-c", "input()"]


def test_no_two_lines_of_the_agent_are_alike() -> None:
    lines = [line(number, "") for number in range(1, 400)]
    assert len(set(lines)) == len(lines)
    assert all(len(each.splitlines()) == 1 and each == each.strip() for each in lines)


def test_the_secret_is_in_what_the_agent_says_and_not_in_what_is_expected() -> None:
    assert SECRET in line(7, SECRET)
    assert SECRET not in expected(60)
    assert expected(60).count(MASK) == 2


def test_the_agent_is_done_only_when_it_said_so() -> None:
    assert [event.text for event in SteadyRunner(1, 0).parse(END)] != [END]  # type: ignore[union-attr]


@pytest.mark.parametrize("code", [WRONG, RIGHT])
def test_the_agents_test_shows_the_fault(code: str) -> None:
    names: dict[str, object] = {}
    exec(code + TEST.replace("from till import total\n", ""), names)
    show = names["test_total"]
    assert callable(show)
    if code == RIGHT:
        show()
    else:
        with pytest.raises(AssertionError):
            show()


def test_where_two_logs_part_is_told() -> None:
    assert "after line 1 comes 'c' and not 'b'" in difference("a\nc\n", "a\nb\nc\n")
    assert "after line 2 comes 'its end' and not 'c'" in difference("a\nb\n", "a\nb\nc\n")


def test_a_process_is_found_by_its_words_its_environment_and_its_folder(tmp_path: Path) -> None:
    word = str(tmp_path)
    for argv, env, cwd in (
        ([*PROGRAM, word], {}, "/"),
        (PROGRAM, {"HOME": f"{word}/home"}, "/"),
        (PROGRAM, {}, tmp_path),
    ):
        with subprocess.Popen(argv, stdin=subprocess.PIPE, env=env, cwd=cwd) as process:
            until(lambda: processes(word), 10, "it is found")
            process.communicate(b"\n")
        assert processes(word) == []


def test_a_worker_is_held_until_the_end_of_a_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import sys; from tests.live.faults.moments import reach; reach('here'); print('went on')"
    )
    monkeypatch.setenv(FOLDER, str(tmp_path))
    reach("here")
    with held(tmp_path, "here") as moment:
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert moment.await_worker(30) == process.pid
        assert process.poll() is None
    assert process.communicate(timeout=30)[0] == b"went on\n"
