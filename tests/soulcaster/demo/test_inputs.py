"""What `bin/demo --repo --report` takes, and what it says about what it does not take."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from soulcaster.demo import inputs
from soulcaster.demo.inputs import BadInput, Report


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "--quiet")
    git(
        folder,
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b.c",
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        "first",
    )
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True)


def test_a_report_in_words(repository: Path, tmp_path: Path) -> None:
    wish = inputs.own(Path("shop"), "The total is wrong", tmp_path, {})
    assert wish.repository == repository
    assert wish.name == "shop"
    assert wish.report == Report("The total is wrong", "")


def test_a_report_from_a_file_in_words(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("The total is wrong\n\nI bought two apples.\n")
    uploads, report = inputs.read_report("report.txt", tmp_path)
    assert not uploads
    assert report == Report("The total is wrong", "I bought two apples.")


@pytest.mark.parametrize("name", ["reports.csv", "reports.jsonl"])
def test_a_file_of_reports_is_imported(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("some reports")
    uploads, report = inputs.read_report(name, tmp_path)
    assert report is None
    assert [(upload.name, upload.data) for upload in uploads] == [(name, b"some reports")]


def test_bytes_that_are_not_text_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_bytes(b"caf\xe9\0 is closed")
    _, report = inputs.read_report("report.txt", tmp_path)
    assert report == Report("caf� is closed", "")


def test_a_long_first_line_is_kept_whole() -> None:
    report = inputs.in_words("word " * 100, "empty")
    assert len(report.title) == 200
    assert report.body == ("word " * 100).strip()


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_report_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match="The report is empty"):
        inputs.read_report(text, tmp_path)


@pytest.mark.parametrize("name", ["report.txt", "reports.csv"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(BadInput, match=f"{name} is empty"):
        inputs.read_report(name, tmp_path)


@pytest.mark.parametrize("text", ["missing.txt", "reports/all", "/no/such/file"])
def test_what_looks_like_a_file_has_to_be_one(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match="There is no file"):
        inputs.read_report(text, tmp_path)


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "reports.csv").open("wb") as file:
        file.truncate(inputs.REPORT_LIMIT + 1)
    with pytest.raises(BadInput, match="larger than 20 MB"):
        inputs.read_report("reports.csv", tmp_path)


def test_a_folder_that_is_not_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not a git repository"):
        inputs.own(tmp_path, "The total is wrong", tmp_path, {})


def test_a_repository_without_commits_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(BadInput, match="has no commits yet"):
        inputs.own(tmp_path, "The total is wrong", tmp_path, {})


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        inputs.own(Path("nowhere"), "The total is wrong", tmp_path, {})


def test_the_demo_brings_its_own_repository_and_reports(tmp_path: Path) -> None:
    wish = inputs.sample(tmp_path, {"runner": "local_scripted"})
    assert (wish.repository / ".git").is_dir()
    assert len({upload.kind for upload in wish.uploads}) >= 5
    assert inputs.sample(tmp_path, {}).repository == wish.repository
