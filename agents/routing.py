"""Websocket addresses."""

from __future__ import annotations

from typing import Any

from django.urls import path

from agents.consumers import LogConsumer

# Django's types know views only, the router takes applications.
_log: Any = LogConsumer.as_asgi()

websocket_urlpatterns: list[Any] = [
    path("ws/jobs/<int:job_id>/logs/", _log),
]
