"""A small repository with a defect, an agent's recorded words that mend it, and a bare script.

The agent's time is the time of one of its commands: a test that sleeps.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.management.base import CommandError

from agents.pipelines import toolbox

_PRICE = "till/price.py"
_WAIT = "tests/wait.py"
_NEW = "tests/test_cents.py"
_CHECK = "tests/check.py"
_WRONG = "def share(cents, people):\n    return [cents // people] * people\n"
_RIGHT = (
    "def share(cents, people):\n    whole, rest = divmod(cents, people)\n"
    "    return [whole + (number < rest) for number in range(people)]\n"
)
_TEST = "from till.price import share\n\n\ndef test_{name}():\n    assert sum(share(100, {people})) == 100\n"
_SLEEP = "import time\n\n\ndef test_wait():\n    time.sleep({seconds})\n"
# The same without pytest, which costs a second of a core every time it starts.
_CHECKS = (
    "import sys\nimport time\n\nsys.path.insert(0, '.')\nfrom till.price import share\n\n"
    "if 'tests/wait.py' in sys.argv:\n    time.sleep({seconds})\n    sys.exit()\n"
    "sys.exit(sum(share(100, {people})) != 100)\n"
)
_NAMES = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Bench"), ("EMAIL", "bench@example.org"))
}


@dataclass(frozen=True, slots=True)
class Work:
    """What a job and a script do alike. `seconds` is how long the agent takes."""

    seconds: float
    with_pytest: bool = True

    @property
    def test_command(self) -> str:
        """The project's own; '' where pytest is found by itself."""
        return "" if self.with_pytest else f"python {_CHECK}"

    def make_repository(self, folder: Path) -> Path:
        """One commit on `main`."""
        for path, text in self._files().items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "First"]):
            _call(["git", *command], folder)
        return folder

    def write_transcript(self, path: Path) -> Path:
        """What the recorded agent says and does."""
        calls = [
            *(
                ("write_file", {"path": name, "content": text})
                for name, text in self._fix().items()
            ),
            ("run_tests", {"args": [_WAIT]}),
            ("commit", {"message": "Keep every cent"}),
        ]
        turns = [
            {"say": "Next.", "calls": [{"tool": tool, "args": given}]} for tool, given in calls
        ]
        rounds = [[*turns, {"say": "Shares keep every cent.", "calls": []}]]
        path.write_text(json.dumps({"title": "Keep every cent", "rounds": rounds}))
        return path

    def run_script(self, repository: Path, folder: Path, tools: Path) -> dict[str, float]:
        """The same by hand: clone, tests, agent, tests, new tests on the old code, push.

        Seconds by the names that a job's steps have.
        """
        work, old, branch = folder / "work", folder / "old", f"fix-{folder.name}"
        clone = ["git", "clone", "-q", "--depth", "1", f"file://{repository}"]

        def checkout() -> None:
            _call([*clone, str(work)], folder)
            _call(["git", "checkout", "-q", "-b", branch], work)

        def agent() -> None:
            for path, text in self._fix().items():
                (work / path).write_text(text)
            self._test(work, tools, _WAIT)
            _call(["git", "add", "-A"], work)
            _call(["git", "commit", "-qm", "Keep every cent"], work)

        def verify() -> None:
            self._test(work, tools)
            _call([*clone, str(old)], folder)
            shutil.copy(work / self._new, old / self._new)
            self._test(old, tools, self._new, fails=True)

        return {
            "checkout": _timed(checkout),
            "baseline": _timed(lambda: self._test(work, tools)),
            "agent": _timed(agent),
            "verify": _timed(verify),
            "publish": _timed(lambda: _call(["git", "push", "-q", "origin", branch], work)),
        }

    @property
    def _new(self) -> str:
        return _NEW if self.with_pytest else _CHECK

    def _files(self) -> dict[str, str]:
        tests = {
            "tests/test_price.py": _TEST.format(name="even", people=4),
            _WAIT: _SLEEP.format(seconds=self.seconds),
            "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['.']\n",
        }
        if not self.with_pytest:
            tests = {_CHECK: _CHECKS.format(seconds=self.seconds, people=4), _WAIT: ""}
        return {_PRICE: _WRONG, "till/__init__.py": "", **tests}

    def _fix(self) -> dict[str, str]:
        new = _TEST.format(name="cents", people=3)
        if not self.with_pytest:
            new = _CHECKS.format(seconds=self.seconds, people=3)
        return {self._new: new, _PRICE: _RIGHT}

    def _test(self, folder: Path, tools: Path, *chosen: str, fails: bool = False) -> None:
        python = shutil.which("python3") or sys.executable
        argv = ["-m", "pytest", "-q", *chosen] if self.with_pytest else [_CHECK, *chosen]
        _call([python, *argv], folder, {"PYTHONPATH": str(tools)}, fails=fails)


def unpack_pytest(folder: Path) -> Path:
    """The same pytest as in a sandbox, for PYTHONPATH."""
    with tarfile.open(fileobj=io.BytesIO(toolbox.build())) as archive:
        archive.extractall(folder)  # noqa: S202  our own; older Pythons know no filter
    return folder


def _timed(part: Callable[[], None]) -> float:
    began = time.perf_counter()
    part()
    return time.perf_counter() - began


def _call(
    argv: Sequence[str], folder: Path, more: Mapping[str, str] | None = None, *, fails: bool = False
) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        # A sandbox has none of the plugins of this environment either.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        **_NAMES,
        **(more or {}),
    }
    done = subprocess.run(list(argv), cwd=folder, env=environment, capture_output=True, check=False)
    if (done.returncode != 0) is not fails:
        output = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
        raise CommandError(f"{' '.join(argv)} ended with {done.returncode}:\n{output}")
