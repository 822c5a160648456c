"""What the log says of a request: never what would let its reader in."""

from __future__ import annotations

import re

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

# The way in itself: a link works until it is used, a code until it is exchanged.
_SIGN_IN_LINK = re.compile(r"(/sign-in/)[^/]+")


class RequestLogMiddleware(RequestMiddleware):
    """Method and path. A query may hold a code, an address or what somebody searched for."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """As one short text."""
        path = _SIGN_IN_LINK.sub(r"\1***", request.path)
        return f"{request.method} {path}"
