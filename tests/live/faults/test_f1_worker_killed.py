"""F1. kill -9 of the worker at each moment of a job: another one goes on where it was."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.live.faults.conftest import Remember
from tests.live.faults.judge import judge
from tests.live.faults.moments import held
from tests.live.faults.product import Product
from tests.live.faults.progress import (
    MOMENT_SECONDS,
    await_line,
    await_recovery,
    fence,
    pulls_locked,
    tip,
)
from tests.live.faults.steady import expected
from tests.live.faults.viewer import Viewer
from tests.live.faults.waiting import until

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(400)]

MOMENTS = (
    "provision",  # nothing is there yet
    "provisioned",  # a sandbox that no row knows
    "checkout",
    "baseline-runs",
    "agent-runs",  # and nobody has written down that it was started
    "commits-taken",  # and neither in the mirror nor in any row
    "head-runs",
    "close",
    "closed",  # and nobody has written that down
)


def kill_workers(product: Product) -> None:
    """Kill every worker process, with no other one in its place yet."""
    for name in product.workers:
        product.company.kill(name)


@pytest.mark.parametrize("moment", MOMENTS)
def test_at_a_step(product: Product, moment: str, remember: Remember) -> None:
    project = product.new_project()
    with held(product.moments, moment) as hold:
        job = product.start_fix(project)
        viewer = Viewer(product, job)
        hold.await_worker(MOMENT_SECONDS)
        kill_workers(product)
    before = fence(product, job)
    product.revive()
    remember(await_recovery(product, job, before))
    judge(product, job, expected(product.lines), viewer)


def test_three_times_while_the_agent_prints(product: Product, remember: Remember) -> None:
    job = product.start_fix(product.new_project())
    viewer = Viewer(product, job)
    for number in (20, product.lines // 2, product.lines - 60):
        await_line(product, job, number)
        kill_workers(product)
        viewer.cut()
        before = fence(product, job)
        product.revive()
        remember(await_recovery(product, job, before))
    judge(product, job, expected(product.lines), viewer)
    assert viewer.connections > 3


def test_between_the_push_and_the_draft(product: Product, remember: Remember) -> None:
    """Whoever has pushed waits for the lock of the forge's records, which we have."""
    project = product.new_project()
    with ExitStack() as stack:
        with held(product.moments, "checkout") as hold:
            job = product.start_fix(project)
            viewer = Viewer(product, job)
            hold.await_worker(MOMENT_SECONDS)
            stack.enter_context(pulls_locked(product, job))
        until(lambda: tip(product, job), MOMENT_SECONDS, "it has pushed")
        kill_workers(product)
    before = fence(product, job)
    product.revive()
    remember(await_recovery(product, job, before))
    judge(product, job, expected(product.lines), viewer)


def test_between_the_push_of_the_work_and_its_text(product: Product, remember: Remember) -> None:
    job = product.start_fix(product.new_project())
    viewer = Viewer(product, job)
    await_line(product, job, 10)
    with pulls_locked(product, job):
        start = tip(product, job)
        until(lambda: tip(product, job) != start, MOMENT_SECONDS, "it has pushed")
        kill_workers(product)
    before = fence(product, job)
    product.revive()
    remember(await_recovery(product, job, before))
    judge(product, job, expected(product.lines), viewer)
