from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.pipelines import project_file
from agents.pipelines.context import Settings
from agents.pipelines.project_file import MAX_BYTES, FileSettings, effective, read

PATHS = ["README.md", "api/setup.py", "web/package.json", "web/test/a.js"]
SETTINGS = Settings(base_branch="main", branch="soulcaster/1")

FILE = """
setup = "make deps"
test = "make test"
protected = ["infra/*"]

[folders.api]
test = "pytest"
before = ["make stubs"]
protected = ["api/schema.sql"]
"""


def parsed(text: str, chosen: str = "") -> tuple[FileSettings, list[str]]:
    return read(text.encode(), PATHS, chosen)


def test_what_is_said_for_a_folder_comes_before_what_is_said_for_all() -> None:
    file, said = parsed(FILE, "api")

    assert said == []
    assert file == FileSettings(
        folder="api",
        setup_command="make deps",
        test_command="pytest",
        before=["make stubs"],
        protected=["infra/*", "api/schema.sql"],
    )


def test_protected_paths_of_every_folder_count_wherever_the_work_is_done() -> None:
    assert parsed(FILE, "web")[0].protected == ["infra/*", "api/schema.sql"]


def test_the_file_can_choose_the_folder() -> None:
    assert parsed("folder = 'web/'")[0].folder == "web"


def test_the_projects_settings_come_before_the_files_choice() -> None:
    assert parsed("folder = 'web'", "api")[0].folder == "api"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("folder = 'nowhere'", "there is no folder nowhere"),
        ("folder = '../..'", "not a folder inside"),
        ("network = 'open'", "“network” is not known there"),
        ("[guard]\nsecret = 'off'", "“guard” is not known there"),
        ("test = 3", "“test” is left out"),
        ("protected = 'a'", "“protected” is left out"),
        ("before = ['a', 3]", "“before.1” is left out"),
        ('test = "a\\nb"', "“test” is left out"),
        (f"test = '{'a' * 2000}'", "“test” is left out"),
        ("[folders.web]\ntests = 'a'", "“folders.web.tests” is not known there"),
        ("folders = 3", "“folders” is left out"),
        ("test = ", "cannot be read"),
        ("x = " + "[" * 5000, "cannot be read"),
    ],
)
def test_what_does_not_count_is_told_in_a_sentence(text: str, said: str) -> None:
    file, sentences = parsed(f"{text}\n")

    assert said in " ".join(sentences)
    assert file == FileSettings()


def test_what_is_right_counts_although_something_is_wrong() -> None:
    file, said = parsed("test = 'make test'\nsetup = 3\nwhat = 1\n", "api")

    assert (file.test_command, file.setup_command, len(said)) == ("make test", "", 2)


def test_a_file_without_end_of_errors_is_told_in_a_few_sentences() -> None:
    _, said = parsed("\n".join(f"key{number} = 1" for number in range(200)), "api")

    assert len(said) == 21
    assert said[-1].endswith("180 more problems.")


def test_a_large_file_is_left_out() -> None:
    file, said = read(b"#" * (MAX_BYTES + 1), PATHS, "api")

    assert (file, said[0]) == (
        FileSettings(folder="api"),
        f"{project_file.NAME} is larger than 64 KiB, so it is left out.",
    )


def test_without_a_file_a_folder_is_looked_for_all_the_same() -> None:
    file, said = read(None, ["web/package.json"], "")

    assert file.folder == "web"
    assert "lies in web" in said[0]


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_no_file_breaks_a_job(data: bytes) -> None:
    file, said = read(data, PATHS, "api")

    assert file.folder == "api"
    assert all(isinstance(sentence, str) for sentence in said)


def test_the_projects_settings_win_over_the_file() -> None:
    settings = replace(SETTINGS, test_command="tox", before=["a"], protected=["x"], folder="api")
    file = FileSettings("api", "s", "t", "l", ["b"], ["c"], ["y", "x"])

    merged = effective(settings, file)

    assert (merged.test_command, merged.before, merged.folder) == ("tox", ["a"], "api")
    assert (merged.setup_command, merged.lint_command, merged.after) == ("s", "l", ["c"])
    assert merged.protected == ["x", "y"]


def test_the_file_changes_nothing_that_limits_a_job() -> None:
    file = FileSettings("api", "s", "t", "l", ["b"], ["c"], ["y"])
    may = {
        "folder",
        "setup_command",
        "test_command",
        "lint_command",
        "before",
        "after",
        "protected",
    }

    merged = effective(SETTINGS, file)

    changed = {
        each.name
        for each in fields(Settings)
        if getattr(merged, each.name) != getattr(SETTINGS, each.name)
    }
    assert changed == may
