"""Source distributions of public projects, as pip of this machine gets them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

PIP_SECONDS = 300


def unpack(name: str, version: str, sha256: str, target: Path) -> None:
    """Put the files of the source distribution below `target`, a new folder."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        # Not ours, the files would be a repository of somebody else to git.
        tar = ["tar", "--no-same-owner", "-xzf", str(_archive(name, version, sha256))]
        subprocess.run([*tar, "-C", scratch], check=True)
        (folder,) = Path(scratch).iterdir()
        folder.rename(target)


def _archive(name: str, version: str, sha256: str) -> Path:
    """The archive, from the cache or else from the package index; skips the test without one."""
    cached = _cache() / f"{name}-{version}-{sha256[:16]}.tar.gz"
    if not cached.is_file():
        with tempfile.TemporaryDirectory(dir=_cache()) as scratch:
            _download(name, version, sha256, Path(scratch)).rename(cached)
    assert hashlib.sha256(cached.read_bytes()).hexdigest() == sha256, f"{cached} was changed"
    return cached


def _cache() -> Path:
    """Outside of the repository, so that a fresh clone finds it again."""
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "soulcaster-tests"
    folder = Path(os.environ.get("SOULCASTER_TEST_CACHE") or usual) / "sdists"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _download(name: str, version: str, sha256: str, target: Path) -> Path:
    wanted = target / "wanted.txt"
    wanted.write_text(f"{name}=={version} --hash=sha256:{sha256}\n")
    pip = [_python(), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    what = ["--no-deps", "--require-hashes", f"--no-binary={name}", f"--requirement={wanted}"]
    done = subprocess.run(
        [*pip, "download", "--quiet", *what, f"--dest={target}"],
        capture_output=True,
        text=True,
        timeout=PIP_SECONDS,
        check=False,
    )
    assert "DO NOT MATCH THE HASHES" not in done.stderr, done.stderr
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        pytest.skip(f"let pip reach a package index with {name} {version} ({said[:200]})")
    (archive,) = target.glob("*.tar.gz")
    return archive


def _python() -> str:
    """A Python with pip: environments that uv makes have none."""
    if importlib.util.find_spec("pip"):
        return sys.executable
    return str(Path(sys.base_prefix, "bin", "python3"))
