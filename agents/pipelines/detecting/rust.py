"""Rust crates: stable Cargo tells no single tests in a form that can be read, only its exit code."""

from __future__ import annotations

from agents.pipelines.detecting.base import Files, Project


def detect(files: Files) -> Project | None:
    """A crate or a workspace of crates."""
    if "Cargo.toml" not in files.known:
        return None
    locked = ["--locked"] if "Cargo.lock" in files.known else []
    return Project(
        kind="rust",
        folder=files.folder,
        command=["cargo", "test", "--offline", "--no-fail-fast", *locked],
        has_tests=True,  # they stand in the sources
        programs=["cargo"],
        fetch=["cargo", "fetch", *locked],
    )
