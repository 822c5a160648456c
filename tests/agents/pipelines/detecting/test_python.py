from __future__ import annotations

from collections.abc import Mapping

import pytest

from agents.pipelines.detecting.base import PythonNeeds
from tests.agents.pipelines.detecting.trees import detected


def needs(files: Mapping[str, str], folder: str = "") -> PythonNeeds:
    found = detected(files, folder=folder).python
    assert found is not None
    return found


def test_a_folder_of_tests_makes_a_python_project() -> None:
    project = detected({"till.py": "", "tests/test_till.py": ""})

    assert (project.kind, project.framework, project.has_tests) == ("python", "pytest", True)
    assert list(project.command) == ["python3", "-m", "pytest"]
    assert project.python is not None
    assert not project.python.installable


@pytest.mark.parametrize(
    ("files", "installable"),
    [
        ({"setup.py": ""}, True),
        ({"setup.cfg": ""}, True),
        ({"pyproject.toml": "[project]\nname = 'a'"}, True),
        ({"pyproject.toml": "[build-system]\nrequires = []"}, True),
        ({"pyproject.toml": "[tool.ruff]"}, False),
        ({"pyproject.toml": "[build-system]\n[tool.poetry]\npackage-mode = false"}, False),
        ({"pyproject.toml": "not [ toml"}, False),
        ({"requirements.txt": ""}, False),
    ],
)
def test_what_pip_can_install(files: Mapping[str, str], installable: bool) -> None:
    assert needs(files).installable == installable


def test_extras_for_tests_come_before_those_for_developers() -> None:
    toml = "[project]\nname='a'\n[project.optional-dependencies]\n{} = ['x']\ndev = ['y']"

    assert list(needs({"pyproject.toml": toml.format("tests")}).extras) == ["tests"]
    assert list(needs({"pyproject.toml": toml.format("docs")}).extras) == ["dev"]


def test_groups_are_followed_and_never_hold_an_option_of_pip() -> None:
    toml = (
        "[dependency-groups]\n"
        "test = ['hypothesis', {include-group = 'more'}, '--index-url=https://evil.example']\n"
        "more = ['attrs', {include-group = 'test'}, ' -e .']\n"
        "docs = ['sphinx']\n"
    )

    assert list(needs({"pyproject.toml": toml}).packages) == ["hypothesis", "attrs"]


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["docs/requirements.txt"], []),
        (
            ["requirements.txt", "requirements/test.txt"],
            ["requirements.txt", "requirements/test.txt"],
        ),
        (
            ["requirements.txt", "dev-requirements.txt"],
            ["requirements.txt", "dev-requirements.txt"],
        ),
        (["requirements/dev.txt", "requirements/tests.txt"], ["requirements/tests.txt"]),
    ],
)
def test_requirements_for_tests_come_before_those_for_developers(
    paths: list[str], found: list[str]
) -> None:
    assert list(needs(dict.fromkeys([*paths, "tests/test_a.py"], "")).requirements) == found


@pytest.mark.parametrize(
    ("toml", "roots"),
    [
        ("", ["", "src"]),
        ("[tool.setuptools.packages.find]\nwhere = ['lib']", ["", "src", "lib"]),
        ("[tool.setuptools.package-dir]\n'' = 'python'", ["", "src", "python"]),
        ("[tool.poetry]\npackages = [{include = 'a', from = 'lib'}]", ["", "src", "lib"]),
        ("[tool.setuptools.packages.find]\nwhere = ['/etc', '../up', 'a:b']", ["", "src"]),
    ],
)
def test_folders_that_python_imports_from(toml: str, roots: list[str]) -> None:
    files = {"pyproject.toml": toml, "src/a/__init__.py": ""}

    assert list(detected(files).source_roots) == roots


def test_tests_as_django_and_unittest_name_them_are_looked_into() -> None:
    options = detected({"shop/tests.py": "", "setup.py": ""}).command[3:]

    assert list(options) == ["-o", "python_files=tests.py *_tests.py"]


UV_LOCK = """
version = 1
[[package]]
name = "till"
version = "1"
source = { editable = "." }
[[package]]
name = "attrs"
version = "25.1.0"
source = { registry = "somewhere" }
[[package]]
name = "numpy"
version = "1.26.0"
[[package]]
name = "numpy"
version = "2.1.0"
[[package]]
name = "--index-url"
version = "1"
"""


def test_the_versions_of_a_lock_are_told_to_pip_where_they_are_clear() -> None:
    found = needs({"pyproject.toml": "[project]\nname='till'", "uv.lock": UV_LOCK})

    assert (found.installer, list(found.pinned)) == ("uv", ["attrs==25.1.0"])


def test_uv_keeps_one_lock_for_a_workspace() -> None:
    files = {"uv.lock": UV_LOCK, "api/pyproject.toml": "[project]\nname='api'"}

    assert needs(files, folder="api").installer == "uv"


@pytest.mark.parametrize("lock", ["", "not [ toml", "package = 3", "package = [1]"])
def test_a_lock_that_cannot_be_read_holds_nobody_to_anything(lock: str) -> None:
    found = needs({"pyproject.toml": "[project]\nname='a'", "poetry.lock": lock})

    assert (found.installer, list(found.pinned)) == ("poetry", [])


def test_tables_of_poetry_become_requirements() -> None:
    toml = (
        "[tool.poetry]\npackage-mode = false\n"
        "[tool.poetry.dependencies]\n"
        "python = '^3.11'\nattrs = '^25.1'\nsix = '*'\n"
        "local = {path = '../local'}\nurl = {version = '~2.3', extras = ['a', '-b']}\n"
        "[tool.poetry.group.test.dependencies]\nhypothesis = '>=6,<7'\nzero = '^0.3.1'\n"
        "[tool.poetry.group.docs]\noptional = true\n"
        "[tool.poetry.group.docs.dependencies]\nsphinx = '*'\n"
    )

    assert list(needs({"pyproject.toml": toml}).packages) == [
        "attrs>=25.1,<26",
        "six",
        "url[a]>=2.3,<2.4",
        "hypothesis>=6,<7",
        "zero>=0.3.1,<0.4",
    ]


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("1.2", "==1.2"),
        ("^1", ">=1,<2"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("~1", ">=1,<2"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        (">=1, !=1.5", ">=1,!=1.5"),
    ],
)
def test_versions_of_poetry(version: str, wanted: str) -> None:
    toml = f"[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\na = '{version}'"

    assert list(needs({"pyproject.toml": toml}).packages) == [f"a{wanted}"]


@pytest.mark.parametrize("version", ["^1 || ^2", "; evil", "1 @ file:///etc", "^x"])
def test_versions_that_only_poetry_understands_are_left_out(version: str) -> None:
    toml = f"[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\na = '{version}'"

    assert list(needs({"pyproject.toml": toml}).packages) == []


TOX = """
[tox]
envlist = py311
[testenv]
deps =
    hypothesis  # finds more
    -r{toxinidir}/requirements/ci.txt
    -r nowhere.txt
    py39: backport
    {[base]deps}
commands =
    python setup.py check
    pytest -x {posargs:tests/unit}
"""


def test_tox_says_what_is_needed_and_how_pytest_is_called() -> None:
    files = {"tox.ini": TOX, "requirements/ci.txt": "", "tests/unit/test_a.py": ""}

    assert list(detected(files).command) == ["python3", "-m", "pytest", "-x", "tests/unit"]
    assert list(needs(files).packages) == ["hypothesis"]
    assert list(needs(files).requirements) == ["requirements/ci.txt"]


@pytest.mark.parametrize(
    "commands", ["", "python -m unittest", "pytest {env:X} tests", "pytest 'open", "coverage run"]
)
def test_other_commands_of_tox_are_not_taken_over(commands: str) -> None:
    tox = f"[testenv]\ncommands = {commands}\n"

    assert list(detected({"tox.ini": tox, "test_a.py": ""}).command) == ["python3", "-m", "pytest"]


def test_a_broken_tox_ini_says_nothing() -> None:
    assert list(needs({"tox.ini": "deps = x\n[broken", "test_a.py": ""}).packages) == []
