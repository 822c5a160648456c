"""Personal API tokens: made, shown once, revoked."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from credentials.errors import AppError
from credentials.forms import TokenForm
from credentials.models import ApiToken
from credentials.services import tokens as service
from credentials.views.helpers import act, refuse, signed_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The person's tokens. The text of a new one is in this one answer and never again."""
    user = signed_in(request)
    form = TokenForm(request.POST or None, initial={"scope": "read", "days": 90})
    text = ""
    if request.method == "POST" and form.is_valid():
        try:
            _, text = service.create(user, **form.cleaned_data)
            form = TokenForm(initial={"scope": "read", "days": 90})
        except AppError as error:
            refuse(form, error)
    mine = ApiToken.objects.filter(user=user).order_by("-id")[:200]
    return render(request, "credentials/tokens.html", {"form": form, "tokens": mine, "text": text})


@require_POST
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a token at once."""
    user = signed_in(request)
    return act(
        request,
        lambda: service.revoke(user, token_id),
        to=reverse("tokens"),
        done="The token was revoked: what uses it is refused from now on.",
    )
