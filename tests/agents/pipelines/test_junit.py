from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.pipelines import junit
from agents.pipelines.base import TestCase
from agents.pipelines.frameworks import collecting
from agents.pipelines.junit import JunitError


def report(*cases: str) -> bytes:
    inside = "".join(cases)
    return f'<?xml version="1.0"?><testsuites><testsuite>{inside}</testsuite></testsuites>'.encode()


def case(attributes: str, inside: str = "") -> str:
    return f"<testcase {attributes}>{inside}</testcase>"


@pytest.mark.parametrize(
    ("attributes", "node_id"),
    [
        (
            'file="tests/test_a.py" classname="tests.test_a" name="test_b"',
            "tests/test_a.py::test_b",
        ),
        (
            'file="tests/test_a.py" classname="tests.test_a.TestC.TestD" name="test_b[1-x]"',
            "tests/test_a.py::TestC::TestD::test_b[1-x]",
        ),
        (
            # A test that a class inherits names the file of its base.
            'file="tests/base.py" classname="tests.test_a.TestC" name="test_b"',
            "tests/test_a.py::TestC::test_b",
        ),
        ('classname="tests.test_a.TestC" name="test_b"', "tests/test_a.py::TestC::test_b"),
        ('classname="" name="tests.test_a"', "tests/test_a.py"),
        ('file="tests/test_a.py" classname="" name="tests.test_a"', "tests/test_a.py"),
    ],
)
def test_ids_are_those_of_pytest(attributes: str, node_id: str) -> None:
    (found,) = junit.parse(report(case(attributes)))

    assert found.id == node_id


@pytest.mark.parametrize(
    ("inside", "outcome"),
    [
        ("", "passed"),
        ('<skipped message="later"/>', "skipped"),
        ('<failure message="assert 1 == 2">long text</failure>', "failed"),
        ('<error message="no such fixture"/>', "error"),
        ("<system-out>said</system-out>", "passed"),
    ],
)
def test_outcomes(inside: str, outcome: str) -> None:
    (found,) = junit.parse(report(case('classname="test_a" name="test_b" time="0.5"', inside)))

    assert (found.outcome, found.seconds) == (outcome, 0.5)


def test_the_message_keeps_the_end_of_a_long_traceback() -> None:
    body = "x" * 10_000 + "ValueError: 3"
    (found,) = junit.parse(
        report(case('classname="t" name="a"', f'<failure message="boom">{body}</failure>'))
    )

    assert found.message.startswith("boom\n")
    assert found.message.endswith("ValueError: 3")
    assert len(found.message) <= 2_000


def test_a_test_that_fails_in_its_teardown_counts_once() -> None:
    twice = case('classname="t" name="a"'), case('classname="t" name="a"', "<error/>")

    assert junit.parse(report(*twice)) == [TestCase("t.py::a", "error")]


@pytest.mark.parametrize("time", ["", "fast", "nan", "-1", "1e99"])
def test_a_time_that_is_none_counts_as_zero(time: str) -> None:
    (found,) = junit.parse(report(case(f'classname="t" name="a" time="{time}"')))

    assert found.seconds == 0.0


BILLION_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    b'<!ENTITY lol2 "&lol;&lol;&lol;">]><testsuites>&lol2;</testsuites>'
)
READS_A_FILE = (
    b'<!DOCTYPE foo [<!ENTITY xxe SYSTEM "file:///etc/passwd">]><testsuites>&xxe;</testsuites>'
)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BILLION_LAUGHS, "document type"),
        (READS_A_FILE, "document type"),
        (BILLION_LAUGHS.decode().encode("utf-16"), "not UTF-8"),
        (READS_A_FILE.decode().encode("utf-7").replace(b"<", b"+ADw-"), "not well-formed"),
        (b"", "not well-formed"),
        (b"<testsuites>", "not well-formed"),
        (b"<testsuites>&amp;&unknown;</testsuites>", "not well-formed"),
        (b"\0\0\0", "not well-formed"),
    ],
)
def test_hostile_files_are_refused(data: bytes, why: str) -> None:
    with pytest.raises(JunitError, match=why):
        junit.parse(data)


def test_files_that_are_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "MAX_BYTES", 100)

    with pytest.raises(JunitError, match="larger"):
        junit.parse(report(case('classname="t" name="a"')) + b" " * 100)


def test_reports_with_too_many_tests_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MAX_TESTS", 1)

    with pytest.raises(JunitError, match="more than 1 tests"):
        junit.parse(report(case('name="a"'), case('name="b"')))


def test_a_deep_tree_is_read_or_refused() -> None:
    data = b"<a>" * 100_000 + b"</a>" * 100_000

    with contextlib.suppress(JunitError):
        assert junit.parse(data) == []


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: report(case(text))))
def test_nothing_but_junit_errors_comes_out(data: bytes) -> None:
    with contextlib.suppress(JunitError):
        assert all(isinstance(test, TestCase) for test in junit.parse(data))


def test_a_report_of_countless_elements_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(JunitError, match="more than 500000 elements"):
        junit.parse(report("<b/>" * (junit.MAX_ELEMENTS + 1)))


def test_all_messages_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MAX_MESSAGES", 10)
    failing = [case(f'classname="a" name="test_{n}"', "<failure>123456</failure>") for n in "abc"]
    assert [(test.outcome, test.message) for test in junit.parse(report(*failing))] == [
        ("failed", "123456"),
        ("failed", ""),
        ("failed", ""),
    ]


def test_elements_inside_of_each_other_take_no_time() -> None:
    depth = 5_000
    data = b"<testcase name='a' classname='t'>" * depth + b"</testcase>" * depth

    assert [test.id for test in junit.parse(data)] == ["t.py::a"]
