"""F1 with the leases and sweeps that people have: a job goes on within a minute."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.faults.conftest import Remember
from tests.live.faults.judge import judge
from tests.live.faults.product import Product, running
from tests.live.faults.progress import await_line, await_recovery, fence
from tests.live.faults.steady import expected
from tests.live.faults.viewer import Viewer

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def product() -> Iterator[Product]:
    usual = {"DJANGO_SETTINGS_MODULE": "soulcaster.settings", "SOULCASTER_LEASE_SECONDS": "30"}
    with running("sqlite", environment=usual) as product:
        yield product


def test_the_worker_is_killed_while_the_agent_prints(product: Product, remember: Remember) -> None:
    job = product.start_fix(product.new_project())
    viewer = Viewer(product, job)
    await_line(product, job, 20)
    before = fence(product, job)
    product.company.kill("worker")
    product.revive()
    remember(await_recovery(product, job, before))
    judge(product, job, expected(product.lines), viewer)
