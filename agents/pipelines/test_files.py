"""Which files of a repository are tests, and which ones only serve tests."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_FOLDERS = {"test", "tests", "__tests__"}
_PYTHON = re.compile(r"(test_.*|.*_tests?|tests)\.py")
_SCRIPT = r"\.[cm]?[jt]sx?"
_JAVASCRIPT = re.compile(rf".*[._-](test|spec)s?{_SCRIPT}|test(-.*)?{_SCRIPT}")
_IN_TESTS = re.compile(rf".*(?<!\.d){_SCRIPT}")
_OTHERS = re.compile(r".*_test\.(go|c|cc|cpp|rs)|.*[._](test|spec)\.rb")
_SUPPORT = {
    "conftest.py",
    "pytest.ini",
    "tox.ini",
    "setup.cfg",
    "pyproject.toml",
    "package.json",
    ".npmrc",
    ".swcrc",
    ".babelrc",
}
# Settings of JavaScript's test frameworks, of what compiles for them, and what they load first.
_SETTINGS = re.compile(
    rf"(jest|vitest|vite|babel|mocha)[\w.-]*\.(config|setup|workspace|preset){_SCRIPT}(on)?"
    rf"|(jest|vitest)[.-]setup[\w.-]*{_SCRIPT}|setup-?[tT]ests{_SCRIPT}"
    r"|\.mocharc\.\w+|\.babelrc\.\w+|\.taprc|tsconfig[\w.-]*\.json"
)


def is_python_test(path: str) -> bool:
    """Whether pytest would look for tests in this file."""
    return _PYTHON.fullmatch(PurePosixPath(path).name) is not None


def is_javascript_test(path: str) -> bool:
    """Whether jest, vitest, mocha or node would take this file for tests.

    In `test` and `__tests__` that is every script: what is a helper only a run can tell.
    """
    pure = PurePosixPath(path)
    if "node_modules" in pure.parts:
        return False
    if _JAVASCRIPT.fullmatch(pure.name):
        return True
    inside = pure.parts[:-1] and ({"test", "__tests__"} & set(pure.parts[:-1]))
    return bool(inside) and _IN_TESTS.fullmatch(pure.name) is not None


def is_test_module(path: str) -> bool:
    """Whether tests are looked for in this file, in the languages that are known."""
    name = PurePosixPath(path).name
    return is_python_test(path) or is_javascript_test(path) or bool(_OTHERS.fullmatch(name))


def is_test_path(path: str) -> bool:
    """Whether the file is a test or lies beside tests: data, fixtures, helpers."""
    pure = PurePosixPath(path)
    return (
        is_test_module(path)
        or pure.name == "conftest.py"
        or not _FOLDERS.isdisjoint(part.lower() for part in pure.parts[:-1])
    )


def serves_tests(path: str) -> bool:
    """Whether the file is a test or decides how tests are run.

    The settings of the frameworks belong here: a change of them that makes tests pass must be
    seen to make them pass on the old code, too. So does package.json, which may hold them.
    """
    name = PurePosixPath(path).name
    return is_test_path(path) or name in _SUPPORT or _SETTINGS.fullmatch(name) is not None


def file_of(test_id: str) -> str:
    """The file of a test's id; of a test of Go the folder of its package."""
    return test_id.partition("::")[0]


def is_of(test_id: str, path: str) -> bool:
    """Whether a test stands in a file, as far as its id tells."""
    return file_of(test_id) in {path, str(PurePosixPath(path).parent)}


def without_parameters(test_id: str) -> str:
    """The test of a pytest id with parameters, `file::test[parameters]`; any other id as it is."""
    file, sign, name = test_id.partition("::")
    return f"{file}{sign}{name.partition('[')[0]}" if file.endswith(".py") else test_id
