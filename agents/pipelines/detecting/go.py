"""Go modules: their tests are counted from what `go test -json` prints."""

from __future__ import annotations

import re

from agents.pipelines.detecting.base import Files, Project

_MODULE = re.compile(r'^module\s+"?([^\s"]+)', re.MULTILINE)


def detect(files: Files) -> Project | None:
    """A Go module."""
    if "go.mod" not in files.known:
        return None
    module = _MODULE.search(files.text("go.mod"))
    return Project(
        kind="go",
        folder=files.folder,
        framework="go",
        command=["go", "test", "./..."],
        # A download of another toolchain has no network here, and would take long.
        environment={"GOTOOLCHAIN": "local", "GOFLAGS": "-modcacherw"},
        has_tests=any(path.endswith("_test.go") for path in files.paths),
        module=module[1] if module else "",
        programs=["go"],
        fetch=[] if "vendor/modules.txt" in files.known else ["go", "mod", "download"],
    )
