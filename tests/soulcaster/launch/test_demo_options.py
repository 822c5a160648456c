"""What `bin/demo` understands of its options before anything starts."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from soulcaster.launch.demo import chosen_inputs, parse
from soulcaster.launch.home import Home
from tests.bin.repositories import commit_all


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "till.py").touch()
    commit_all(folder)
    return folder


def options_for(repository: Path, *more: str) -> argparse.Namespace:
    return parse(["--repo", str(repository), "--report", "It is wrong", *more])


def test_how_the_tests_run_is_a_setting_of_the_project(repository: Path, tmp_path: Path) -> None:
    options = options_for(repository, "--test-command", "make check", "--test-limit", "1200")
    settings = chosen_inputs(options, Home(tmp_path / "home")).settings
    assert (settings["test_command"], settings["test_limit_seconds"]) == ("make check", 1200)


def test_what_is_not_said_is_left_to_the_product(repository: Path, tmp_path: Path) -> None:
    settings = chosen_inputs(options_for(repository), Home(tmp_path / "home")).settings
    assert not settings.keys() & {"test_command", "test_limit_seconds"}


@pytest.mark.parametrize("limit", ["0", "-5", "soon"])
def test_a_limit_that_is_none_is_refused(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["--test-limit", limit])
    assert ended.value.code == 2
    assert f"invalid seconds value: '{limit}'" in capsys.readouterr().err
