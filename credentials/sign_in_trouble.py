"""The page for a sign-in with GitHub that did not work."""

from __future__ import annotations

from enum import Enum

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers


class Trouble(Enum):
    """A heading, a sentence that says what to do, and the HTTP status."""

    STATE = (
        "This sign-in cannot be finished",
        "It was begun in another browser or window, more than ten minutes ago, or it was finished "
        "already. Nothing was changed. Begin again.",
        400,
    )
    DENIED = (
        "GitHub was not connected",
        "You said no on GitHub, or closed the page there. Nothing was changed and nothing was "
        "stored. Begin again when you want to.",
        403,
    )
    UNANSWERED = (
        "GitHub did not confirm who you are",
        "It did not answer, or refused this installation. Nothing was changed. Begin again in a "
        "moment; if it happens again, an operator should check the OAuth app: its secret and its "
        "callback address.",
        502,
    )
    REFUSED = ("You cannot come in with this GitHub account", "", 403)
    TWICE = (
        "Your account was made a moment ago",
        "Another window was faster. Begin again, and you are in.",
        409,
    )


def page(request: HttpRequest, trouble: Trouble, sentence: str = "") -> HttpResponse:
    """The page, kept by no cache. `sentence` takes the place of the usual one."""
    heading, usual, status = trouble.value
    # The page knows its own address, which must not bring a code or a stranger's words with it.
    request.META["QUERY_STRING"] = ""
    context = {"heading": heading, "sentence": sentence or usual}
    response = render(request, "socialaccount/trouble.html", context, status=status)
    add_never_cache_headers(response)
    return response
