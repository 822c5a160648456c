from __future__ import annotations

import pytest

from agents.pipelines.detecting.base import Project
from tests.agents.pipelines.detecting.trees import detected

PACKAGE = '{"scripts": {"test": "jest"}}'


def test_files_that_nobody_knows() -> None:
    assert detected({"README.md": "", "main.c": ""}) == Project("unknown")


@pytest.mark.parametrize(
    ("command", "framework"),
    [
        ("pytest -x", "pytest"),
        ("python -m pytest tests", "pytest"),
        ("python3.12 -m pytest", "pytest"),
        ("make test", ""),
        ("python -m unittest", ""),
        ("tox -e pytest", ""),
        ("./run 'tests'", ""),
    ],
)
def test_a_command_of_the_settings_replaces_the_one_that_was_found(
    command: str, framework: str
) -> None:
    project = detected({"tests/test_a.py": ""}, command)

    assert (project.kind, project.framework) == ("python", framework)
    assert list(project.command) == command.replace("'", "").split()


@pytest.mark.parametrize(
    ("command", "framework", "words"),
    [
        ("npm test", "jest", ["./node_modules/.bin/jest"]),
        ("npx vitest run", "vitest", ["./node_modules/.bin/vitest", "run"]),
        ("npm run check", "", ["npm", "run", "check"]),
    ],
)
def test_a_command_chooses_among_several_kinds(
    command: str, framework: str, words: list[str]
) -> None:
    project = detected({"setup.py": "", "test_a.py": "", "package.json": PACKAGE}, command)

    assert (project.kind, project.framework) == ("javascript", framework)
    assert list(project.command) == words


def test_an_unclosed_quote_is_an_error() -> None:
    with pytest.raises(ValueError, match="quotation"):
        detected({}, "run 'it")


def test_of_several_kinds_the_one_with_tests_is_taken() -> None:
    files = {"setup.cfg": "", "package.json": PACKAGE}

    assert detected(files).kind == "javascript"
    assert detected({**files, "test_a.py": ""}).kind == "python"
    assert "tests of javascript, too" in detected({**files, "test_a.py": ""}).notes[0]


def test_go() -> None:
    project = detected({"go.mod": "module example.com/till\n\ngo 1.22\n", "till_test.go": ""})

    assert (project.kind, project.framework, project.module) == ("go", "go", "example.com/till")
    assert list(project.fetch) == ["go", "mod", "download"]
    assert detected({"go.mod": "", "vendor/modules.txt": ""}).fetch == []


def test_rust() -> None:
    project = detected({"Cargo.toml": "", "Cargo.lock": ""})

    assert (project.kind, project.framework, list(project.programs)) == ("rust", "", ["cargo"])
    assert list(project.command) == ["cargo", "test", "--offline", "--no-fail-fast", "--locked"]
