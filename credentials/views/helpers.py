"""What every page's view shares: the person, the refusals, the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from credentials.errors import AppError, Forbidden, NotFound
from credentials.models import Team, User
from credentials.querysets import WRITERS
from credentials.services import teams


class Tab(TypedDict):
    """One tab of a page: its address, whether it is shown, how much is behind it."""

    label: str
    url: str
    current: bool
    count: int | None


def signed_in(request: HttpRequest) -> User:
    """The person who asks; the middleware lets no stranger come this far."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    return request.user


def can_write(request: HttpRequest, team: Team) -> bool:
    """May the person change things of this team? Decides which buttons a page shows."""
    return teams.role_of(signed_in(request), team) in WRITERS


def require_writer(request: HttpRequest, team: Team) -> None:
    """403 for people who may only look: pages that exist to change something begin with this."""
    try:
        teams.require_writer(signed_in(request), team)
    except Forbidden as error:
        raise PermissionDenied(error.message) from error


def typed(request: HttpRequest, name: str) -> str:
    """A word of the address as people meant it: no blanks around, no NUL, which no database takes."""
    return request.GET.get(name, "").replace("\0", "").strip()


def act(
    request: HttpRequest, work: Callable[[], object], *, to: str, done: str = ""
) -> HttpResponse:
    """Do something and go to `to`, with a sentence about it: what was done, or why not.

    A role that does not allow it is a 403, something that is not there a 404.
    """
    try:
        work()
    except (Forbidden, NotFound) as error:
        raise as_http(error) from error
    except AppError as error:
        messages.error(request, error.message)
    else:
        if done:
            messages.success(request, done)
    return go(request, to)


def as_http(error: AppError) -> Exception:
    """The exception that Django answers with the right page."""
    return (
        PermissionDenied(error.message) if isinstance(error, Forbidden) else Http404(error.message)
    )


def go(request: HttpRequest, to: str) -> HttpResponse:
    """A redirect, also from a request that htmx made."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(to)
    return redirect(to)


def refuse(form: forms.BaseForm, error: AppError) -> None:
    """Show a refusal in the form: at its fields where it names them, else above."""
    if isinstance(error, Forbidden | NotFound):
        raise as_http(error) from error
    fields: dict[str, list[str]] = error.extra.get("fields", {})
    at_fields = {name: texts for name, texts in fields.items() if name in form.fields}
    for name, texts in at_fields.items():
        form.add_error(name, texts)
    if not at_fields or len(at_fields) < len(fields):
        form.add_error(None, error.message)


def way_back(request: HttpRequest, default: str) -> str:
    """The page that a form came from, when it is one of ours."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return default
