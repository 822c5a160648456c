"""How often one person may ask the API, with and without a Redis that counts."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from credentials.models import User
from soulcaster.throttling import PatientThrottle

NOBODY_LISTENS = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://127.0.0.1:1/0",
    }
}


@pytest.fixture
def client(alice: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice)
    return client


def test_the_api_answers_while_redis_is_away(client: APIClient, settings: Settings) -> None:
    settings.CACHES = NOBODY_LISTENS
    assert client.get("/api/projects").status_code == 200


def test_who_asks_too_often_is_told_so(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(PatientThrottle, "THROTTLE_RATES", {"user": "2/min"})
    statuses = [client.get("/api/projects").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
