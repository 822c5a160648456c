"""Applications with a stock SDK of Sentry report to our address, as they are."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest

from tests.browser.product import Product, running
from tests.live.reporting import Reporting, connected
from tests.live.sentry_packages import PROGRAMS, node_modules

pytestmark = [pytest.mark.live, pytest.mark.timeout(200)]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("product")) as product:
        yield product


@pytest.fixture(scope="module")
def project(product: Product) -> int:
    return product.new_project().id


@pytest.fixture
def reporting(product: Product, project: int) -> Reporting:
    return connected(product, project)


def run(*argv: str, **environment: str) -> None:
    """An application from its start to its end; it has sent what it had to say."""
    path = shutil.which(argv[0]) or argv[0]
    done = subprocess.run(
        [path, *argv[1:]], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def functions(trace: Sequence[dict[str, list[dict[str, str]]]]) -> list[list[str]]:
    """The names of the functions of each exception, the one that was seen first ahead."""
    return [[frame["function"] for frame in one["frames"]] for one in trace]


@pytest.mark.parametrize("packing", ["br", "gzip"])
def test_an_exception_in_python_is_an_item_with_frames(reporting: Reporting, packing: str) -> None:
    run(sys.executable, str(PROGRAMS / "till.py"), reporting.dsn, reporting.release, packing)

    item = reporting.item("ValueError: the till does not add up")
    assert functions(item["trace"]) == [["main", "close_day"], ["close_day", "count"]]
    frame = item["trace"][1]["frames"][-1]
    assert frame["in_app"]
    assert frame["context_line"] == '        return coins["missing"]'
    assert item["author"] == "jo"
    assert item["metadata"]["tag_shop"] == "Bern"
    assert reporting.item("Drawer stays open")["metadata"]["level"] == "warning"


def test_the_same_exception_again_is_in_the_same_cluster(reporting: Reporting) -> None:
    for _ in range(2):
        run(sys.executable, str(PROGRAMS / "till.py"), reporting.dsn, reporting.release)
    title = "ValueError: the till does not add up"
    first = reporting.item(title)
    second = reporting.first(lambda item: item["title"] == title and item["id"] != first["id"])

    assert first["external_id"] != second["external_id"]
    assert first["cluster"] == second["cluster"]


def test_an_exception_in_javascript_is_an_item_with_frames(reporting: Reporting) -> None:
    modules = node_modules()
    program = str(PROGRAMS / "till.cjs")
    run("node", program, reporting.dsn, reporting.release, NODE_PATH=str(modules))

    item = reporting.first(lambda item: item["title"].startswith("TypeError: "))
    own = [frame for frame in item["trace"][0]["frames"] if frame["in_app"]]
    assert [frame["function"] for frame in own][-2:] == ["closeDay", "Drawer.count"]
    assert own[-1]["context_line"].strip() == "return coins.missing.total;"
    assert item["author"] == "jo"
    assert item["metadata"]["platform"] == "node"
    assert reporting.item("Drawer stays open")
    assert reporting.item("I cannot close the day.")["author"] == "Ann"
