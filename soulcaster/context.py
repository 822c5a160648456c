"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from clusters.models import Project
from credentials import github_sign_in

THEMES = ("light", "dark")


def product(request: HttpRequest) -> dict[str, Any]:
    """The product's name, the theme from its cookie, and the projects of the switcher."""
    theme = request.COOKIES.get("theme", "")
    return {
        "site_name": "Soulcaster",
        "theme": theme if theme in THEMES else "",
        "github_sign_in": github_sign_in.is_set_up(),
        "github_callback": SimpleLazyObject(github_sign_in.callback_url),
        # Asked only when a page shows the switcher.
        "my_projects": SimpleLazyObject(lambda: _projects(request)),
    }


def _projects(request: HttpRequest) -> list[Project]:
    if not hasattr(request, "user"):
        return []
    return list(
        Project.objects.for_user(request.user).filter(archived_at=None).order_by("name")[:50]
    )
