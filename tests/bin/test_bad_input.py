"""What `bin/demo --repo` says about input that is bad, odd or very large."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.bin.demo import run_demo
from tests.bin.repositories import commit_all, git, state_of

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

REPORT = "The total is wrong\n\nWith three apples, total() of the till is one cent too low.\n"
TILL = "def total(cents):\n    return sum(cents) - 1\n"
RIGHT = "def total(cents):\n    return sum(cents)\n"
TEST = "from till import total\n\n\ndef test_total():\n    assert total([1, 2, 3]) == 6\n"
TEST_OF_NOTHING = "def test_nothing():\n    assert True\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a defective till; not yet a repository."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "till.py").write_text(TILL)
    return folder


def transcript(target: Path, files: dict[str, str]) -> str:
    """A recorded agent that writes these files."""
    calls = [
        {"tool": "write_file", "args": {"path": path, "content": text}}
        for path, text in files.items()
    ]
    calls.append({"tool": "commit", "args": {"message": "Correct the total"}})
    turns = [{"say": "I correct it.", "calls": calls}, {"say": "Done."}]
    path = target / "transcript.json"
    path.write_text(json.dumps({"title": "A till", "rounds": [turns]}))
    return str(path)


def test_a_folder_without_git(tmp_path: Path, shop: Path) -> None:
    ran = run_demo(tmp_path, "--repo", str(shop), "--report", REPORT)
    assert ran.exit_code == 2
    assert "is not a git repository" in ran.said


def test_a_repository_without_commits(tmp_path: Path, shop: Path) -> None:
    git(shop, "init", "--quiet")
    ran = run_demo(tmp_path, "--repo", str(shop), "--report", REPORT)
    assert ran.exit_code == 2
    assert "has no commits yet" in ran.said


def test_an_empty_report(tmp_path: Path, shop: Path) -> None:
    commit_all(shop)
    ran = run_demo(tmp_path, "--repo", str(shop), "--report", " \n")
    assert ran.exit_code == 2
    assert "The report is empty: say in a sentence what goes wrong." in ran.said


def test_a_table_with_a_wrong_header(tmp_path: Path, shop: Path) -> None:
    commit_all(shop)
    (tmp_path / "reports.csv").write_text("colour;size\nred;3\n")
    ran = run_demo(tmp_path, "--repo", str(shop), "--report", "reports.csv")
    assert ran.exit_code == 1
    assert "No report could be used" in ran.said
    assert "The columns found are: colour, size. Needed is a title" in ran.said


def test_a_report_of_a_megabyte(tmp_path: Path, shop: Path) -> None:
    (shop / "test_till.py").write_text(TEST_OF_NOTHING)
    commit_all(shop)
    report = tmp_path / "report.txt"
    report.write_text(REPORT + "The till showed a wrong total again today.\n" * 25_000)
    assert report.stat().st_size > 1_000_000
    ran = run_demo(tmp_path, "--repo", str(shop), "--report", str(report))
    assert ran.exit_code == 6, ran.said
    assert ran.candidate_files()[0] == "till.py"


def test_no_tests_are_found(tmp_path: Path, shop: Path) -> None:
    (shop / "setup.cfg").write_text("[metadata]\nname = till\n")
    commit_all(shop)
    replay = transcript(tmp_path, {"till.py": RIGHT})
    ran = run_demo(tmp_path, "--repo", str(shop), "--report", REPORT, "--transcript", replay)
    assert ran.exit_code == 4, ran.said
    assert ran.receipts()["baseline"].note == "No tests were found: pytest collected none."
    assert "Fetch it:" in ran.said


def test_no_tests_that_are_known_here(tmp_path: Path, shop: Path) -> None:
    (shop / "till.py").rename(shop / "till.pl")
    commit_all(shop)
    replay = transcript(tmp_path, {"till.pl": RIGHT})
    ran = run_demo(tmp_path, "--repo", str(shop), "--report", REPORT, "--transcript", replay)
    assert ran.exit_code == 4, ran.said
    assert "no test command is set" in ran.receipts()["baseline"].note


def test_tests_that_hang(tmp_path: Path, shop: Path) -> None:
    (shop / "test_till.py").write_text("import time\n\n\ndef test_slow():\n    time.sleep(600)\n")
    commit_all(shop)
    ran = run_demo(tmp_path, "--repo", str(shop), "--report", REPORT, "--test-limit", "5")
    assert ran.exit_code == 1
    assert ran.job()["outcome"] == "tests_hang"
    assert "The tests did not end within 5 seconds." in ran.said


def test_binary_files_and_other_encodings(tmp_path: Path, shop: Path) -> None:
    (shop / "test_till.py").write_text(TEST_OF_NOTHING)
    (shop / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400)
    (shop / "prices.py").write_bytes(
        "# -*- coding: latin-1 -*-\nNAME = 'Caf\xe9'\n".encode("latin-1")
    )
    (shop / "broken.py").write_bytes(b"total = '\xff\xfe\0'\n")
    (shop / "notes.txt").write_bytes("Der Käse kostet 3 €".encode("utf-16"))
    Path(os.fsdecode(os.fsencode(shop) + b"/caf\xe9 total.py")).write_text("TOTAL = 1\n")
    (shop / "a\nline.txt").write_text("total\n")
    (shop / "away").symlink_to("/etc/passwd")
    commit_all(shop)
    before = state_of(shop)
    replay = transcript(tmp_path, {"till.py": RIGHT, "test_total.py": TEST})
    ran = run_demo(tmp_path, "--repo", str(shop), "--report", REPORT, "--transcript", replay)
    assert ran.exit_code == 0, ran.said
    assert ran.candidate_files()[0] == "till.py"
    assert state_of(shop) == before


@pytest.mark.slow
def test_a_repository_of_twenty_thousand_files(tmp_path: Path, shop: Path) -> None:
    (shop / "test_till.py").write_text(TEST_OF_NOTHING)
    for number in range(20_000):
        module = shop / f"part{number % 200}" / f"module{number}.py"
        module.parent.mkdir(exist_ok=True)
        module.write_text(f"def price_{number}(count):\n    return count * {number}\n")
    commit_all(shop)
    replay = transcript(tmp_path, {"till.py": RIGHT, "test_total.py": TEST})
    ran = run_demo(tmp_path, "--repo", str(shop), "--report", REPORT, "--transcript", replay)
    assert ran.exit_code == 0, ran.said
    assert ran.candidate_files()[0] == "till.py"
