from __future__ import annotations

import pytest

from agents.pipelines.detecting import folders


@pytest.mark.parametrize(
    ("paths", "folder"),
    [
        (["pyproject.toml", "web/package.json"], ""),
        (["README.md", "web/package.json", "web/test/a.js"], "web"),
        (["services/api/setup.py", "services/api/plugins/a/setup.py"], "services/api"),
        (["test_a.py", "web/package.json"], ""),
        (["tests/test_a.py", "web/package.json"], ""),
        (["examples/a/package.json", "node_modules/a/package.json", "docs/setup.py"], ""),
        (["web/tests/fixtures/package.json"], ""),
        (["README.md"], ""),
    ],
)
def test_where_the_only_project_lies(paths: list[str], folder: str) -> None:
    assert folders.find(paths)[0] == folder


def test_the_choice_is_told() -> None:
    assert "lies in web" in folders.find(["web/package.json"])[1]


def test_several_projects_are_named_and_none_is_chosen() -> None:
    folder, said = folders.find(["web/package.json", "api/setup.py"])

    assert folder == ""
    assert "projects in api, web" in said


@pytest.mark.parametrize("name", ["../up", "/etc", "a/../../b", ".git", ".git/hooks", "a\0b"])
def test_a_folder_stays_inside_of_the_repository(name: str) -> None:
    with pytest.raises(ValueError, match="not a folder inside"):
        folders.usable(name)


@pytest.mark.parametrize(("name", "kept"), [("", ""), (".", ""), ("./a/", "a"), (" a/b ", "a/b")])
def test_names_are_kept_in_one_spelling(name: str, kept: str) -> None:
    assert folders.usable(name) == kept
