"""F1. kill -9 of the worker that talks with the model itself: whole turns, each of them once."""

from __future__ import annotations

import pytest

from tests.live.faults import turns
from tests.live.faults.conftest import Remember
from tests.live.faults.judge import agent_text, judge
from tests.live.faults.product import Product
from tests.live.faults.progress import await_recovery, await_words, fence
from tests.live.faults.viewer import Viewer

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(500)]


def undisturbed(product: Product) -> str:
    """What the agent says when nothing happens."""
    job = product.start_fix(product.new_project("held_scripted"))
    await_words(product, job, "Pushed ")
    [(execution,)] = product.rows.all("SELECT id FROM agents_execution WHERE job_id = ?", job)
    judge(product, job, agent_text(product, execution))
    return agent_text(product, execution)


def test_killed_three_times_between_its_turns(product: Product, remember: Remember) -> None:
    wanted = undisturbed(product)
    job = product.start_fix(product.new_project("held_scripted"))
    viewer = Viewer(product, job)
    for number in (2, turns.TURNS // 2, turns.TURNS - 2):
        await_words(product, job, turns.said(number))
        for name in product.workers:
            product.company.kill(name)
        before = fence(product, job)
        product.revive()
        remember(await_recovery(product, job, before))
    judge(product, job, wanted, viewer)
