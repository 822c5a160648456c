"""HTTP and websockets."""

from __future__ import annotations

import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "soulcaster.settings")
django = get_asgi_application()  # before anything that needs the models

from agents.routing import websocket_urlpatterns  # noqa: E402
from clusters.views import envelopes  # noqa: E402


async def http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Requests of Sentry's SDKs go past Django's middleware, all others through it."""
    await (envelopes.application if envelopes.is_ours(scope) else django)(scope, receive, send)


application = ProtocolTypeRouter(
    {
        "http": http,
        # A page of another site must not open a socket with our visitor's cookie. Whose session it
        # is the consumer asks itself, again and again.
        "websocket": AllowedHostsOriginValidator(
            SessionMiddlewareStack(URLRouter(websocket_urlpatterns))
        ),
    }
)
