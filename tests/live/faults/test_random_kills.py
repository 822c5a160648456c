"""Random processes are killed at random moments; whatever the seed, the judge holds."""

from __future__ import annotations

import os
import random

import pytest

from tests.live.faults.kills import kill_at_random
from tests.live.faults.product import Product

KILLS = 10
SEED = "SOULCASTER_KILLS_SEED"  # of the environment: repeats a run

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(1500)]


def test_every_job_ends_well(product: Product) -> None:
    seed = int(os.environ.get(SEED) or random.SystemRandom().randrange(1_000_000))
    kill_at_random(product, KILLS, seed, print)
