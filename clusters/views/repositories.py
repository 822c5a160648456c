"""The list of repositories that a project can be made of."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters.forges.base import ForgeError
from clusters.services.projects import github as service
from credentials.errors import AppError
from credentials.views.helpers import signed_in, typed

LONGEST_QUERY = 200
LAST_PAGE = 1000


@never_cache
@require_safe
def repository_list(request: HttpRequest) -> HttpResponse:
    """A fragment: what the person can write to, found by words."""
    return render(request, "clusters/_repositories.html", search(request))


def search(request: HttpRequest) -> dict[str, Any]:
    """What was looked for and found, or the sentence that says why not."""
    words = typed(request, "q")[:LONGEST_QUERY]
    number = request.GET.get("page", "")
    page = int(number) if number.isdecimal() and 0 < int(number[:9]) <= LAST_PAGE else 1
    try:
        found = service.search(signed_in(request), words, page)
    except ForgeError as error:
        return {
            "words": words,
            "error": str(error),
            "refused": error.code in {"token_invalid", "token_missing"},
        }
    except AppError as error:
        return {"words": words, "error": error.message}
    return {"words": words, "listing": found, "first": page == 1}
