"""Files of npm packages that tests compare with, fetched at their first use.

They are not part of this repository; they are kept in a folder of their own, the value of
`SOULCASTER_TEST_CACHE` or `~/.cache/soulcaster-tests`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

_SECONDS = 90


class Unavailable(Exception):
    """The package is not on this machine; the text says how to get it."""


def fetch(package: str, version: str, file: str) -> Path:
    """A file of a package, for example ("@octokit/openapi", "23.0.2", "index.js").

    Raises Unavailable, and does not try again in this process.
    """
    cache = Path(os.environ.get("SOULCASTER_TEST_CACHE") or Path.home() / ".cache/soulcaster-tests")
    prefix = cache / f"{package.strip('@').replace('/', '-')}-{version}"
    wanted = prefix / "node_modules" / package / file
    if not wanted.is_file() and (problem := _install(prefix, f"{package}@{version}", wanted)):
        raise Unavailable(problem)
    return wanted


@lru_cache(maxsize=8)
def _install(prefix: Path, package: str, wanted: Path) -> str:
    """Empty when it worked, else a sentence."""
    argv = ["npm", "install", "--ignore-scripts", "--prefix", str(prefix), package]
    sentence = f"Checks against {package} were left out. To have them, run: {' '.join(argv)}"
    if shutil.which("npm") is None:
        return sentence
    prefix.mkdir(parents=True, exist_ok=True)
    with (prefix / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes start at the same time
        if not wanted.is_file():
            quiet = ["--no-audit", "--no-fund", "--fetch-retries=0"]
            try:
                subprocess.run([*argv, *quiet], check=True, capture_output=True, timeout=_SECONDS)
            except (subprocess.SubprocessError, OSError) as error:
                return f"{sentence} ({error})"
    return "" if wanted.is_file() else sentence
