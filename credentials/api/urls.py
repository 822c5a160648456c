"""API addresses about the person who asks."""

from __future__ import annotations

from django.urls import path

from credentials.api import schema  # noqa: F401 - registers on import
from credentials.api.views import Me

urlpatterns = [path("me", Me.as_view(), name="api_me")]
