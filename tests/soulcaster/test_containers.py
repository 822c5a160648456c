"""compose.yaml runs the same processes as the launcher, and asks for every secret."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from django.conf import settings

from agents.execute import leaving
from soulcaster.launch.home import CHECKOUT
from soulcaster.launch.stack import WORKER_STOP_SECONDS


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())
    return content["services"]  # type: ignore[no-any-return]


def test_every_process_is_there(services: dict[str, Any]) -> None:
    assert set(services) == {"migrate", "web", "worker", "cpu", "beat", "postgres", "valkey"}


@pytest.mark.parametrize("name", ["web", "worker", "cpu", "beat"])
def test_nothing_starts_before_the_migrations(services: dict[str, Any], name: str) -> None:
    condition = services[name]["depends_on"]["migrate"]["condition"]
    assert condition == "service_completed_successfully"


def test_some_worker_takes_every_queue(services: dict[str, Any]) -> None:
    """What computes is kept from the threads that renew leases."""
    assert {"--queues=jobs,default", "--pool=threads"} <= set(services["worker"]["command"])
    assert {"--queues=cpu", "--pool=prefork"} <= set(services["cpu"]["command"])
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert routed | {settings.CELERY_TASK_DEFAULT_QUEUE} == {"jobs", "default", "cpu"}


def test_a_worker_has_the_time_to_give_its_jobs_back(services: dict[str, Any]) -> None:
    grace = services["worker"]["stop_grace_period"]
    assert int(grace.removesuffix("s")) > leaving.PATIENCE
    assert WORKER_STOP_SECONDS > leaving.PATIENCE


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL"])
def test_secrets_have_no_default(services: dict[str, Any], name: str) -> None:
    value = services["web"]["environment"][name]
    assert ":?" in value
    assert ":-" not in value


def test_only_this_machine_reaches_web(services: dict[str, Any]) -> None:
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]
    assert not any("ports" in services[name] for name in ("postgres", "valkey"))
