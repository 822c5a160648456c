from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.services import Valkey


def test_a_process_that_answers_is_alive(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_without_a_broker_the_product_is_not_ready(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unready", "redis": "does not answer"}


@pytest.mark.django_db
def test_with_database_and_broker_it_is_ready(
    client: Client, valkey: Valkey, settings: Settings
) -> None:
    settings.REDIS_URL = valkey.url
    assert client.get("/readyz").json() == {"status": "ok"}
