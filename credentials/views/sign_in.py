"""One-time sign-in links."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from credentials.errors import Invalid
from credentials.services import sign_in as service


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in by a link, once.

    Opening it shows a button and uses nothing up: mail scanners and previews open links too.
    """
    if request.method != "POST":
        return render(request, "credentials/sign_in.html")
    try:
        user = service.redeem(token)
    except Invalid as error:
        return render(request, "credentials/sign_in.html", {"error": error.message}, status=400)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("inbox")
