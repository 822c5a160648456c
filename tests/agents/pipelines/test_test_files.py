from __future__ import annotations

import pytest

from agents.pipelines.test_files import (
    file_of,
    is_of,
    is_test_module,
    is_test_path,
    serves_tests,
    without_parameters,
)


@pytest.mark.parametrize(
    "path",
    [
        "test_a.py",
        "pkg/test_a.py",
        "pkg/a_test.py",
        "shop/tests.py",
        "tests/test_a.py",
        "cmd/main_test.go",
        "web/app.spec.ts",
        "web/app.test.tsx",
        "web/app-test.js",
        "web/app_test.mjs",
        "src/__tests__/app.jsx",
        "test/price.js",
        "test.js",
        "app/[id]/page.test.ts",
    ],
)
def test_modules_of_tests(path: str) -> None:
    assert is_test_module(path)
    assert is_test_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "tests/data/bill.json",
        "test/helpers.py",
        "src/pkg/tests/util.py",
        "conftest.py",
        "pkg/conftest.py",
        "test/types.d.ts",
        "tests/__snapshots__/app.snap",
    ],
)
def test_what_lies_beside_tests_belongs_to_them(path: str) -> None:
    assert not is_test_module(path)
    assert is_test_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "app.py",
        "latest.py",
        "contest_a.py",
        "attest/a.py",
        "README.md",
        "testing/a.py",
        "src/latest.js",
        "src/inspect.ts",
        "src/contest.js",
        "config.js",
        "package-lock.json",
    ],
)
def test_other_files_are_no_tests(path: str) -> None:
    assert not is_test_path(path)
    assert not serves_tests(path)


@pytest.mark.parametrize(
    "path",
    [
        "pyproject.toml",
        "package.json",
        "packages/a/package.json",
        "jest.config.ts",
        "jest.config.json",
        "vitest.config.mts",
        "vitest.workspace.ts",
        "vite.config.js",
        "vitest.setup.ts",
        "jest-setup.js",
        "src/setupTests.ts",
        "babel.config.cjs",
        ".mocharc.yml",
        "tsconfig.json",
        "tsconfig.test.json",
        ".npmrc",
    ],
)
def test_settings_serve_tests_without_being_tests(path: str) -> None:
    assert serves_tests(path)
    assert not is_test_path(path)


def test_packages_of_others_hold_no_tests_of_ours() -> None:
    assert not is_test_module("node_modules/a/a.test.js")


def test_the_file_of_an_id() -> None:
    assert file_of("tests/test_a.py::TestB::test_c[x::y]") == "tests/test_a.py"
    assert file_of("src/a.test.ts::list > a::b") == "src/a.test.ts"


def test_a_test_belongs_to_its_file_or_its_package() -> None:
    assert is_of("src/a.test.ts::a", "src/a.test.ts")
    assert is_of("price::TestA", "price/price_test.go")
    assert is_of(".::TestA", "till_test.go")
    assert not is_of("src/a.test.ts::a", "src/b.test.ts")


@pytest.mark.parametrize(
    ("test_id", "plain"),
    [
        ("t/test_a.py::test_b[1-x]", "t/test_a.py::test_b"),
        ("t/test_a.py::test_b", "t/test_a.py::test_b"),
        ("app/[id]/test_a.py::test_b[x]", "app/[id]/test_a.py::test_b"),
        # Brackets are a part of names elsewhere.
        ("a.test.ts::[api] > works", "a.test.ts::[api] > works"),
        ("app/[id]/page.test.ts::a", "app/[id]/page.test.ts::a"),
    ],
)
def test_parameters_are_left_out_of_the_ids_of_pytest_alone(test_id: str, plain: str) -> None:
    assert without_parameters(test_id) == plain
