from __future__ import annotations

import json
from typing import Any

import pytest

from agents.pipelines.detecting.base import NodeNeeds, Project
from tests.agents.pipelines.detecting.trees import detected

TEST = "test/a.test.js"


def project(package: object, *paths: str, **texts: str) -> Project:
    files = {"package.json": json.dumps(package), **dict.fromkeys(paths, ""), **texts}
    return detected(files)


def script(text: str, **more: Any) -> Project:
    return project({"scripts": {"test": text, **more}}, TEST)


@pytest.mark.parametrize(
    ("text", "framework", "command"),
    [
        ("jest", "jest", ["./node_modules/.bin/jest"]),
        ("jest --runInBand", "jest", ["./node_modules/.bin/jest", "--runInBand"]),
        ("npx jest --watchAll", "jest", ["./node_modules/.bin/jest"]),
        ("vitest", "vitest", ["./node_modules/.bin/vitest", "run"]),
        (
            "vitest --watch --dir src",
            "vitest",
            ["./node_modules/.bin/vitest", "run", "--dir", "src"],
        ),
        ("vitest run", "vitest", ["./node_modules/.bin/vitest", "run"]),
        ("mocha 'test/**/*.js'", "mocha", ["./node_modules/.bin/mocha", "test/**/*.js"]),
        ("mocha test/*.js", "mocha", ["./node_modules/.bin/mocha", "test/*.js"]),
        ("node --test", "node", ["node", "--test"]),
        (
            "node --import tsx --test test/*.ts",
            "node",
            ["node", "--import", "tsx", "--test", "test/*.ts"],
        ),
        ("tsx --test", "node", ["./node_modules/.bin/tsx", "--test"]),
        (
            "node -x node_modules/jest/bin/jest.js",
            "jest",
            ["node", "-x", "node_modules/jest/bin/jest.js"],
        ),
        # What needs a shell stays with npm; options go to the last command.
        ("tsc && mocha dist", "mocha", ["npm", "test", "--"]),
        ("jest src/*.js", "jest", ["npm", "test", "--"]),
        ("eslint . && vitest", "vitest", ["npm", "test", "--"]),
        # Nothing of these can be counted.
        ("jest && eslint .", "", ["npm", "test"]),
        ("tsc && node --test", "", ["npm", "test"]),
        ("mocha | tee log", "", ["npm", "test"]),
        ("ava", "", ["npm", "test"]),
        ("jest 'open", "", ["npm", "test"]),
    ],
)
def test_what_a_script_calls(text: str, framework: str, command: list[str]) -> None:
    found = script(text)

    assert (found.framework, list(found.command)) == (framework, command)


def test_variables_before_a_command_go_into_its_environment() -> None:
    found = script("cross-env NODE_ENV=test TZ=UTC vitest run")

    assert dict(found.environment) == {"NODE_ENV": "test", "TZ": "UTC"}
    assert found.framework == "vitest"


def test_a_script_that_is_prepared_by_another_stays_with_npm() -> None:
    found = script("mocha", pretest="tsc")

    assert (found.framework, list(found.command)) == ("mocha", ["npm", "test", "--"])


def test_what_npm_init_writes_is_no_test_script() -> None:
    empty = 'echo "Error: no test specified" && exit 1'

    assert not project({"scripts": {"test": empty}}).has_tests
    assert list(script(empty).command) == ["node", "--test"]


@pytest.mark.parametrize("name", ["jest", "vitest", "mocha"])
def test_without_a_script_the_installed_framework_counts(name: str) -> None:
    found = project({"devDependencies": {name: "1"}}, "src/a.spec.ts")

    assert (found.framework, found.kind) == (name, "typescript")


def test_without_package_json_tests_are_nodes() -> None:
    found = detected({TEST: ""})

    assert (found.kind, found.framework, found.node) == ("javascript", "node", None)


def test_a_package_without_tests_has_none() -> None:
    found = project({"name": "a"})

    assert (list(found.command), found.has_tests) == ([], False)


@pytest.mark.parametrize("package", [[], "x", {"scripts": 3, "dependencies": []}, None])
def test_a_strange_package_is_one_that_says_nothing(package: object) -> None:
    assert project(package).kind == "javascript"


def test_a_file_that_is_no_json_says_nothing() -> None:
    assert detected({"package.json": "{" * 100_000}).kind == "javascript"


def needs(files: dict[str, str], folder: str = "") -> NodeNeeds:
    found = detected({TEST: "", **files}, folder=folder).node
    assert found is not None
    return found


PACKAGE = json.dumps({"devDependencies": {"jest": "1"}})


@pytest.mark.parametrize(
    ("lock", "text", "manager", "version"),
    [
        ("package-lock.json", "{}", "npm", ""),
        ("npm-shrinkwrap.json", "{}", "npm", ""),
        ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n", "pnpm", "9"),
        ("pnpm-lock.yaml", "lockfileVersion: 5.4\n", "pnpm", "7"),
        ("yarn.lock", "# yarn lockfile v1\n", "yarn", "1"),
        ("yarn.lock", "__metadata:\n  version: 8\n", "yarn", "4"),
        ("yarn.lock", "__metadata:\n  version: 6\n", "yarn", "3"),
    ],
)
def test_the_lock_file_names_the_manager(lock: str, text: str, manager: str, version: str) -> None:
    found = needs({"package.json": PACKAGE, lock: text})

    assert (found.manager, found.version, found.locked) == (manager, version, True)


def test_the_manager_that_is_named_comes_first() -> None:
    package = json.dumps({"packageManager": "pnpm@9.1.0+sha512.abc", "dependencies": {"a": "1"}})
    found = needs({"package.json": package, "package-lock.json": "{}"})

    assert (found.manager, found.version, found.locked) == ("pnpm", "9.1.0", False)


@pytest.mark.parametrize("named", ["pnpm@latest; rm -rf /", "bun@1", "", 3])
def test_a_manager_that_is_not_known_is_npm(named: object) -> None:
    package = json.dumps({"packageManager": named, "dependencies": {"a": "1"}})

    assert needs({"package.json": package}).manager == "npm"


def test_a_workspace_is_installed_from_its_root() -> None:
    files = {
        "package.json": json.dumps({"workspaces": ["packages/*"]}),
        "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
        "packages/a/package.json": PACKAGE,
    }

    assert (needs(files, "packages/a").folder, needs(files, "packages/a").manager) == ("", "pnpm")


def test_a_folder_with_a_lock_of_its_own_is_installed_there() -> None:
    files = {"package.json": "{}", "web/package.json": PACKAGE, "web/package-lock.json": "{}"}

    assert needs(files, "web").folder == "web"


def test_a_folder_without_any_lock_is_installed_there() -> None:
    assert needs({"package.json": "{}", "web/package.json": PACKAGE}, "web").folder == "web"


def test_a_package_that_asks_for_nothing_needs_no_installation() -> None:
    assert not needs({"package.json": json.dumps({"scripts": {"test": "node --test"}})}).declared
