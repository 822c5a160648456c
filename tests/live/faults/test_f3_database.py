"""F3. PostgreSQL restarts or is away: 503 and not 500, and the job goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.live.faults.judge import judge
from tests.live.faults.product import Product, running
from tests.live.faults.progress import MOMENT_SECONDS, await_line
from tests.live.faults.servers import Postgres
from tests.live.faults.steady import expected
from tests.live.faults.viewer import Viewer
from tests.live.faults.waiting import elapsed, until

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(400)]

OUTAGE = 10.0


@pytest.fixture(scope="module")
def alone() -> Iterator[Product]:
    """A product on PostgreSQL, whose agent prints for longer than an outage takes."""
    with running("postgres", lines=600, pause=0.03) as product:
        yield product


@pytest.fixture
def product(alone: Product) -> Product:
    """With all its processes up."""
    alone.recover()
    return alone


def end_database(product: Product) -> Postgres:
    """As an operator restarts it: every connection is cut."""
    assert product.postgres is not None
    product.company.end("postgres", product.postgres.ends_by, MOMENT_SECONDS)
    return product.postgres


def statuses(product: Product, job: int) -> dict[str, int]:
    """What pages and the API answer now; 0 for no answer."""
    found = {}
    for path in ("/", f"/jobs/{job}/", f"/api/jobs/{job}", "/readyz"):
        try:
            found[path] = product.visit(path)
        except requests.RequestException:
            found[path] = 0
    return found


def test_restarted_while_the_agent_prints(product: Product) -> None:
    job = product.start_fix(product.new_project())
    viewer = Viewer(product, job)
    await_line(product, job, 20)
    server = end_database(product)
    product.revive()
    until(server.answers, MOMENT_SECONDS, "the database is back")
    until(lambda: set(statuses(product, job).values()) == {200}, 30, "every page is back")
    judge(product, job, expected(product.lines), viewer)


def test_away_for_a_while_as_the_agent_prints(product: Product) -> None:
    job = product.start_fix(product.new_project())
    viewer = Viewer(product, job)
    await_line(product, job, 20)
    assert set(statuses(product, job).values()) == {200}
    server = end_database(product)
    over = elapsed(OUTAGE)
    while not over():
        assert set(statuses(product, job).values()) == {503}
    product.revive()
    until(server.answers, MOMENT_SECONDS, "the database is back")
    until(lambda: set(statuses(product, job).values()) == {200}, 30, "every page is back")
    judge(product, job, expected(product.lines), viewer)


def test_away_while_a_job_waits(product: Product) -> None:
    """Nobody can take it up meanwhile; somebody does afterwards."""
    project = product.new_project()
    with product.company.paused("worker"):
        job = product.start_fix(project)
        server = end_database(product)
    until(elapsed(OUTAGE), 2 * OUTAGE, "the outage is over")
    product.revive()
    until(server.answers, MOMENT_SECONDS, "the database is back")
    judge(product, job, expected(product.lines), Viewer(product, job))
