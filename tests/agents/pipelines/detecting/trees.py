"""Trees of files for detection, without a repository."""

from __future__ import annotations

from collections.abc import Mapping

from agents.pipelines.detecting.base import Files, Project
from agents.pipelines.detecting.table import detect


def tree(files: Mapping[str, str], folder: str = "") -> Files:
    return Files(sorted(files), lambda path: files[path].encode(), folder)


def detected(files: Mapping[str, str], command: str = "", *, folder: str = "") -> Project:
    return detect(tree(files, folder), command)
