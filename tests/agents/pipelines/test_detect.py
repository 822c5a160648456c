from __future__ import annotations

from collections.abc import Mapping

import pytest

from agents.pipelines.detect import Project, detect


def detected(files: Mapping[str, str], command: str = "") -> Project:
    return detect(sorted(files), lambda path: files[path].encode(), command)


def test_a_folder_of_tests_makes_a_python_project() -> None:
    project = detected({"till.py": "", "tests/test_till.py": ""})

    assert (project.kind, project.pytest, project.installable) == ("python", True, False)
    assert list(project.command) == ["python3", "-m", "pytest"]


def test_files_that_nobody_knows() -> None:
    assert detected({"README.md": "", "main.c": ""}) == Project("unknown")


@pytest.mark.parametrize(
    ("files", "installable"),
    [
        ({"setup.py": ""}, True),
        ({"setup.cfg": ""}, True),
        ({"pyproject.toml": "[project]\nname = 'a'"}, True),
        ({"pyproject.toml": "[build-system]\nrequires = []"}, True),
        ({"pyproject.toml": "[tool.ruff]"}, False),
        ({"pyproject.toml": "not [ toml"}, False),
        ({"requirements.txt": ""}, False),
    ],
)
def test_what_pip_can_install(files: Mapping[str, str], installable: bool) -> None:
    assert detected(files).installable == installable


def test_extras_for_tests_come_before_those_for_developers() -> None:
    toml = "[project]\nname='a'\n[project.optional-dependencies]\n{} = ['x']\ndev = ['y']"

    assert list(detected({"pyproject.toml": toml.format("tests")}).extras) == ["tests"]
    assert list(detected({"pyproject.toml": toml.format("docs")}).extras) == ["dev"]


def test_groups_are_followed_and_never_hold_an_option_of_pip() -> None:
    toml = (
        "[dependency-groups]\n"
        "test = ['hypothesis', {include-group = 'more'}, '--index-url=https://evil.example']\n"
        "more = ['attrs', {include-group = 'test'}, ' -e .']\n"
        "docs = ['sphinx']\n"
    )

    assert list(detected({"pyproject.toml": toml}).packages) == ["hypothesis", "attrs"]


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
    assert list(detected(dict.fromkeys([*paths, "tests/test_a.py"], "")).requirements) == found


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


@pytest.mark.parametrize(
    ("command", "is_pytest"),
    [
        ("pytest -x", True),
        ("python -m pytest tests", True),
        ("python3.12 -m pytest", True),
        ("make test", False),
        ("python -m unittest", False),
        ("tox -e pytest", False),
        ("./run 'tests'", False),
    ],
)
def test_a_command_of_the_settings_replaces_the_one_that_was_found(
    command: str, is_pytest: bool
) -> None:
    project = detected({"tests/test_a.py": ""}, command)

    assert (project.kind, project.pytest) == ("python", is_pytest)
    assert list(project.command) == command.replace("'", "").split()


def test_an_unclosed_quote_is_an_error() -> None:
    with pytest.raises(ValueError, match="quotation"):
        detected({}, "run 'it")
