from __future__ import annotations

import pytest

from agents.pipelines.test_files import file_of, is_test_module, is_test_path, serves_tests


@pytest.mark.parametrize(
    "path", ["test_a.py", "pkg/test_a.py", "pkg/a_test.py", "shop/tests.py", "tests/test_a.py"]
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
        "cmd/main_test.go",
        "web/app.spec.ts",
        "web/__tests__/app.js",
    ],
)
def test_what_lies_beside_tests_belongs_to_them(path: str) -> None:
    assert not is_test_module(path)
    assert is_test_path(path)


@pytest.mark.parametrize(
    "path", ["app.py", "latest.py", "contest_a.py", "attest/a.py", "README.md", "testing/a.py"]
)
def test_other_files_are_no_tests(path: str) -> None:
    assert not is_test_path(path)
    assert not serves_tests(path)


def test_settings_of_pytest_serve_tests_without_being_tests() -> None:
    assert serves_tests("pyproject.toml")
    assert not is_test_path("pyproject.toml")


def test_the_file_of_an_id() -> None:
    assert file_of("tests/test_a.py::TestB::test_c[x::y]") == "tests/test_a.py"
