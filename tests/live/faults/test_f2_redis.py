"""F2. Redis restarts, forgets everything, or says nothing: no job is lost, none is done twice."""

from __future__ import annotations

import time

import pytest

from tests.live.faults.judge import judge
from tests.live.faults.product import Product
from tests.live.faults.progress import MOMENT_SECONDS, await_line, fence
from tests.live.faults.steady import expected
from tests.live.faults.viewer import Viewer
from tests.live.faults.waiting import elapsed, until

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(400)]

CLICK_SECONDS = 25.0


def judge_undisturbed(product: Product, job: int, viewer: Viewer) -> None:
    """As always, and nobody else took the job up: its worker needs no Redis."""
    ended = judge(product, job, expected(product.lines), viewer)
    assert ended.fence == 1


def test_restarted_while_the_agent_prints(product: Product) -> None:
    job = product.start_fix(product.new_project())
    viewer = Viewer(product, job)
    await_line(product, job, 20)
    product.company.kill("redis")
    await_line(product, job, 80)
    product.revive()
    until(product.redis.answers, MOMENT_SECONDS, "Redis is back")
    judge_undisturbed(product, job, viewer)


def test_flushed_while_the_agent_prints(product: Product) -> None:
    job = product.start_fix(product.new_project())
    viewer = Viewer(product, job)
    for number in (20, 100):
        await_line(product, job, number)
        product.redis.flush()
    judge_undisturbed(product, job, viewer)


def test_flushed_while_a_job_waits(product: Product) -> None:
    """Its message is gone: it is found again from the database."""
    project = product.new_project()
    with product.company.paused("worker"):
        job = product.start_fix(project)
        product.redis.flush()
    seconds = until(lambda: fence(product, job) > 0, 60, "somebody takes it up")
    assert seconds < 60
    judge_undisturbed(product, job, Viewer(product, job))


def test_gone_while_a_job_is_asked_for(product: Product) -> None:
    """The click is answered, and the job begins when there is a Redis again."""
    project = product.new_project()
    product.company.kill("redis")
    job = product.start_fix(project)
    assert fence(product, job) == 0
    product.revive()
    until(lambda: fence(product, job) > 0, 60, "somebody takes it up")
    judge_undisturbed(product, job, Viewer(product, job))


def test_paused_while_a_job_is_asked_for(product: Product) -> None:
    """Nobody refuses a connection, nobody answers: the click waits for that, but not for ever."""
    project = product.new_project()
    with product.company.paused("redis"):
        began = time.monotonic()
        job = product.start_fix(project)
        assert time.monotonic() - began < CLICK_SECONDS
    until(lambda: fence(product, job) > 0, 60, "somebody takes it up")
    judge_undisturbed(product, job, Viewer(product, job))


@pytest.mark.parametrize("seconds", [8.0, 30.0])
def test_paused_while_the_agent_prints(product: Product, seconds: float) -> None:
    job = product.start_fix(product.new_project())
    viewer = Viewer(product, job)
    await_line(product, job, 20)
    with product.company.paused("redis"):
        until(elapsed(seconds), 2 * seconds, "the pause is over")
    judge_undisturbed(product, job, viewer)
