"""A product for each database, which the tests of a session share; each takes a project."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.live.faults.product import KINDS, Product, running

RECOVERY = "the job went on after (s)"
Remember = Callable[[float], None]


@pytest.fixture(scope="session", params=KINDS)
def shared(request: pytest.FixtureRequest) -> Iterator[Product]:
    """One product; pytest orders the tests so that there is one at a time."""
    with running(request.param) as product:
        yield product


@pytest.fixture
def product(shared: Product) -> Product:
    """The product with all its processes up, whatever the test before did to them."""
    shared.recover()
    return shared


@pytest.fixture
def remember(record_property: Callable[[str, object], None]) -> Remember:
    """Keep how long a recovery took, for the end of the run."""
    return lambda seconds: record_property(RECOVERY, round(seconds, 1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how long recoveries took."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    told = [
        f"{value} s: {report.nodeid}"
        for report in reports
        if report.when == "call"
        for name, value in report.user_properties
        if name == RECOVERY
    ]
    if told:
        terminalreporter.section("until a job went on")
        for line in told:
            terminalreporter.line(line)
