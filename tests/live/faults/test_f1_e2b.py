"""F1 in a machine at E2B: the agent works on there, and another worker finds it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.live.faults.conftest import Remember
from tests.live.faults.judge import judge
from tests.live.faults.product import Product, running
from tests.live.faults.progress import await_line, await_recovery, fence
from tests.live.faults.steady import expected
from tests.live.faults.viewer import Viewer
from tests.live.faults.waiting import until
from tests.stand_ins.e2b import server
from tests.stand_ins.e2b.server import E2BDouble

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def double() -> Iterator[E2BDouble]:
    if os.geteuid() != 0:
        pytest.skip("the machines of the double of E2B need root; run the tests as root")
    with server.running() as double:
        yield double


@pytest.fixture
def product(double: E2BDouble) -> Iterator[Product]:
    environment = {
        "E2B_API_KEY": server.KEY,
        "E2B_API_URL": double.address,
        "E2B_SANDBOX_URL": double.address,
    }
    with running("postgres", environment=environment) as product:
        yield product


def test_killed_twice_while_the_agent_prints(
    product: Product, double: E2BDouble, remember: Remember
) -> None:
    job = product.start_fix(product.new_project("sandbox_steady"))
    viewer = Viewer(product, job)
    for number in (20, product.lines // 2):
        await_line(product, job, number)
        for name in product.workers:
            product.company.kill(name)
        before = fence(product, job)
        product.revive()
        remember(await_recovery(product, job, before))
    judge(product, job, expected(product.lines), viewer)
    until(lambda: not double.boxes.all, 30, "no machine is left")
