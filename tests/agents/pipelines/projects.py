"""Small projects with real defects, as git repositories."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

PRICE = "till/price.py"
TEST = "tests/test_price.py"

# The defect: the share of a bill is rounded down, so cents get lost.
TILL: Mapping[str, str] = {
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-q'\n",
    "till/__init__.py": "",
    PRICE: (
        "def share(cents: int, people: int) -> list[int]:\n"
        "    return [cents // people] * people\n\n\n"
        "def label(cents: int) -> str:\n"
        "    return f'{cents // 100}.{cents % 100:02d}'\n"
    ),
    TEST: (
        "from till.price import label, share\n\n\n"
        "def test_even_share():\n"
        "    assert share(100, 4) == [25, 25, 25, 25]\n\n\n"
        "def test_label():\n"
        "    assert label(1205) == '12.05'\n"
    ),
}

RIGHT = TILL[PRICE].replace(
    "    return [cents // people] * people\n",
    "    whole, rest = divmod(cents, people)\n"
    "    return [whole + (number < rest) for number in range(people)]\n",
)
WRONG = TILL[PRICE].replace("[cents // people] * people", "[cents // people + 1] * people")
# Right about the share, but now labels are wrong.
OTHER_DEFECT = RIGHT.replace(":02d", "")

NEW_TEST = TILL[TEST] + ("\n\ndef test_no_cent_is_lost():\n    assert sum(share(100, 3)) == 100\n")

CHECK = "tests/check.py"
_CHECK = "import sys\n\nfrom till.price import share\n\nsys.exit(sum(share({0}, {1})) != {0})\n"

# The same without pytest, which takes a second to start; its command is CHECK_COMMAND.
QUICK: Mapping[str, str] = {
    "till/__init__.py": "",
    PRICE: TILL[PRICE],
    CHECK: _CHECK.format(100, 4),
}
CHECK_COMMAND = "python tests/check.py"
NEW_CHECK = _CHECK.format(100, 3)


def git(folder: Path, *arguments: str) -> str:
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    done = subprocess.run(
        ["git", "-c", "user.name=Mona", "-c", "user.email=mona@example.com", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def make_repository(folder: Path, files: Mapping[str, str]) -> Path:
    """A repository with one commit on `main`."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "First version")
    return folder


def commit(folder: Path, files: Mapping[str, str], *, remove: str = "") -> None:
    """One more commit: files are written, one is removed."""
    for path, text in files.items():
        (folder / path).write_text(text)
    if remove:
        (folder / remove).unlink()
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "Another version")
