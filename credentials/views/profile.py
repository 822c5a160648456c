"""What people say about themselves, and how they like the pages."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from credentials.errors import AppError
from credentials.forms import ProfileForm
from credentials.services import github
from credentials.services import profile as service
from credentials.views.helpers import refuse, signed_in, way_back

YEAR = 31_536_000


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, commit address, time zone."""
    user = signed_in(request)
    known = {name: getattr(user, name) for name in ("full_name", "commit_email", "time_zone")}
    form = ProfileForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            service.update(user, **form.cleaned_data)
        except AppError as error:
            refuse(form, error)
        else:
            messages.success(request, "Your profile was saved.")
            return redirect("profile")
    context = {"form": form, "github": github.identity_of(user)}
    return render(request, "credentials/profile.html", context)


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the choice of light or dark in a cookie; anything else is as the system wants it."""
    response = redirect(way_back(request, "/"))
    choice = request.POST.get("theme", "")
    if choice in {"light", "dark"}:
        response.set_cookie(
            "theme", choice, max_age=YEAR, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response
