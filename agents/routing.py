"""Websocket addresses."""

from __future__ import annotations

from django.urls import path

from agents.consumers import LogConsumer

websocket_urlpatterns = [
    path("ws/jobs/<int:job_id>/logs/", LogConsumer.as_asgi()),
]
