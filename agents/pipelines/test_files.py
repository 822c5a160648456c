"""Which files of a repository are tests, and which ones only serve tests."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_FOLDERS = {"test", "tests", "__tests__"}
_PYTHON_MODULE = re.compile(r"(test_.*|.*_tests?|tests)\.py")
_OTHER_MODULE = re.compile(r".*_test\.(go|c|cc|cpp|rs)|.*[._](test|spec)\.(js|jsx|ts|tsx|mjs|rb)")
_SUPPORT = {"conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml"}


def is_test_module(path: str) -> bool:
    """Whether pytest would look for tests in this file."""
    return _PYTHON_MODULE.fullmatch(PurePosixPath(path).name) is not None


def is_test_path(path: str) -> bool:
    """Whether the file is a test or lies beside tests: data, fixtures, helpers."""
    pure = PurePosixPath(path)
    return (
        is_test_module(path)
        or pure.name == "conftest.py"
        or _OTHER_MODULE.fullmatch(pure.name) is not None
        or not _FOLDERS.isdisjoint(part.lower() for part in pure.parts[:-1])
    )


def serves_tests(path: str) -> bool:
    """Whether the file is a test or decides how tests are run.

    The settings of pytest belong here: a change of them that makes tests pass must be seen to
    make them pass on the old code, too.
    """
    return is_test_path(path) or PurePosixPath(path).name in _SUPPORT


def file_of(test_id: str) -> str:
    """The file of a test's id."""
    return test_id.partition("::")[0]
