"""Which application answers a request."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest import mock

import pytest

from clusters.views import envelopes
from soulcaster import asgi


@pytest.mark.parametrize(
    ("path", "whose"),
    [
        ("/api/7/envelope/", "sdk"),
        ("/api/7/store/", "sdk"),
        ("/api/7/envelope", "sdk"),
        ("/api/projects", "django"),
        ("/api/7/envelope/x", "django"),
        ("/projects/7/envelope/", "django"),
        ("/", "django"),
    ],
)
def test_what_sentrys_sdks_send_goes_past_the_middleware(path: str, whose: str) -> None:
    asked: list[str] = []

    def named(name: str) -> Any:
        async def application(scope: Any, receive: Any, send: Any) -> None:
            asked.append(name)

        return application

    with (
        mock.patch.object(asgi, "django", named("django")),
        mock.patch.object(envelopes, "application", named("sdk")),
    ):
        asyncio.run(asgi.http({"type": "http", "path": path}, None, None))

    assert asked == [whose]
