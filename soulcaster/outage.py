"""The database is away: every page and endpoint says so, and when to ask again."""

from __future__ import annotations

import sys
from typing import Any

from django.core.signals import got_request_exception
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template import loader
from django.utils.deprecation import MiddlewareMixin

from agents.services.outages import is_away, is_full

# Seconds after which to ask again; a restart takes about as long.
RETRY_AFTER = 5

_AWAY = "The database does not answer. Nothing was changed by this request."
_FULL = "The database has no space left. Nothing was changed by this request."


class OutageMiddleware(MiddlewareMixin):
    """Answers 503 in the place of the 500 that a database which is away or full would be."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """The answer, or one that says what is the matter."""
        sentence: str = getattr(request, "_outage", "")
        if response.status_code != 500 or not sentence:
            return response
        answer = _json(sentence) if _wants_json(request) else _page(sentence)
        answer.headers["Retry-After"] = str(RETRY_AFTER)
        answer.headers["Cache-Control"] = "no-store"
        return answer


@receiver(got_request_exception)
def note(sender: object, request: HttpRequest | None = None, **_: Any) -> None:
    """Keep with the request why it could not be answered; whichever layer of it failed."""
    error = sys.exc_info()[1]
    while request is not None and error is not None:
        if is_away(error) or is_full(error):
            request._outage = _FULL if is_full(error) else _AWAY  # type: ignore[attr-defined]
            return
        error = error.__cause__


def _wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or not request.accepts("text/html")


def _json(sentence: str) -> HttpResponse:
    detail = f"{sentence} Try again in {RETRY_AFTER} seconds."
    return JsonResponse({"code": "database_away", "detail": detail}, status=503)


def _page(sentence: str) -> HttpResponse:
    # No context processors: they would ask the database who looks at the page.
    text = loader.get_template("errors/503.html").render({"sentence": sentence})
    return HttpResponse(text, status=503)
