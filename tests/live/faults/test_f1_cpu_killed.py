"""F1. kill -9 of the process that computes, or of the one that leads it: no report is left lying."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.live.faults.product import Product
from tests.live.faults.waiting import until

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(400)]

REPORTS = 200
SECONDS = 150.0  # reports that wait are looked for when they have waited for a minute
_ROWS = "SELECT count(*), count(cluster_id) FROM clusters_feedbackitem WHERE project_id = ?"
Kill = Callable[[Product], None]


def child(product: Product) -> None:
    product.company.kill_children("cpu")


def parent(product: Product) -> None:
    product.company.kill("cpu")
    product.revive()


def received(product: Product) -> int:
    """How often it was given reports to group."""
    return (product.home.logs / "cpu.log").read_text().count("Task clusters.group")


@pytest.mark.parametrize("kill", [child, parent])
def test_while_it_has_reports_to_group(product: Product, kill: Kill) -> None:
    project = product.new_project()
    rows = "".join(f"The total is wrong,No. {n} is one cent too low\n" for n in range(REPORTS))
    until(lambda: product.company.children("cpu"), 60, "there is somebody to compute")
    with product.company.paused_children("cpu"):
        before = received(product)
        product.api.import_file(project.id, "reports.csv", f"title,body\n{rows}".encode(), "")
        until(lambda: received(product) > before, 60, "it was given the reports")
        kill(product)
    wanted = (REPORTS + 1, REPORTS + 1)  # with the one that the project has
    until(
        lambda: product.rows.one(_ROWS, project.id) == wanted,
        SECONDS,
        "every report is in a cluster",
    )
