"""A pytest plugin of `bin/test`: a fair sample of a lane, and what the machine did not allow.

`--sample SEED:FRACTION` keeps each test with the given chance, the same ones for the same seed in
every process. At the end each distinct reason of a skip is told once: by rule it says what is
missing and how to get it.
"""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--sample`."""
    parser.addoption(
        "--sample",
        metavar="SEED:FRACTION",
        help="run only this share of the tests, chosen by the seed (example: 42:0.3)",
    )


def is_sampled(node_id: str, seed: str, fraction: float) -> bool:
    """Does this test belong to the sample? Independent of all the other tests."""
    digest = hashlib.sha256(f"{seed} {node_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < fraction


def parse_sample(text: str) -> tuple[str, float]:
    """The seed and the fraction of `SEED:FRACTION`."""
    seed, _, fraction = text.rpartition(":")
    try:
        share = float(fraction)
    except ValueError:
        share = -1.0
    if not seed or not 0 <= share <= 1:
        raise pytest.UsageError(f"--sample wants SEED:FRACTION like 42:0.3, not {text!r}")
    return seed, share


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that the sample does not hold, and put those with a browser last.

    Its driver keeps an event loop in the main thread, where Django then opens no database.
    """
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    sample = config.getoption("--sample")
    if not sample:
        return
    seed, fraction = parse_sample(sample)
    kept = [item for item in items if is_sampled(item.nodeid, seed, fraction)]
    left_out = [item for item in items if not is_sampled(item.nodeid, seed, fraction)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


def skip_reasons(reports: list[pytest.TestReport | pytest.CollectReport]) -> Counter[str]:
    """How often each reason was given."""
    reasons: Counter[str] = Counter()
    for report in reports:
        if isinstance(report.longrepr, tuple):
            reasons[report.longrepr[2].removeprefix("Skipped: ")] += 1
    return reasons


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was not possible here."""
    reasons = skip_reasons(terminalreporter.stats.get("skipped", []))
    if not reasons:
        return
    terminalreporter.section("what this machine did not allow, and how to get it")
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"{count} test{'s' if count > 1 else ''}: {reason}")
