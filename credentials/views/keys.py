"""Keys of a person or a team: added, replaced, verified, revoked; a value only ever comes in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from credentials.errors import AppError
from credentials.forms import KeyForm, ReplaceKeyForm
from credentials.models import Credential, Role, Team
from credentials.providers import PROVIDERS
from credentials.recent import MINUTES, has_signed_in_recently
from credentials.services import credentials as service
from credentials.services import teams
from credentials.services.credentials import Owner
from credentials.views.helpers import act, as_http, refuse, signed_in

_AGAIN = (
    f"Nothing was stored: your last sign-in is more than {MINUTES} minutes ago. "
    "Show again that it is you, then paste the key once more."
)


@sensitive_post_parameters("secret")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """The person's own keys."""
    return _page(request, signed_in(request), manages=True)


@sensitive_post_parameters("secret")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def team_keys(request: HttpRequest, team_id: int) -> HttpResponse:
    """A team's keys: its members see that they are there, its owners manage them."""
    user = signed_in(request)
    team = get_object_or_404(Team, pk=team_id, memberships__user=user)
    return _page(request, team, manages=teams.role_of(user, team) == Role.OWNER)


@sensitive_post_parameters("secret")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def key_replace(request: HttpRequest, credential_id: int) -> HttpResponse:
    """Another value in the place of a key."""
    old = _managed(request, credential_id)
    home, form = _home(old), ReplaceKeyForm(request.POST or None)
    if request.method == "POST":
        if not has_signed_in_recently(request):
            messages.error(request, _AGAIN)
            return redirect("key_replace", credential_id)
        if form.is_valid():
            try:
                new = service.replace(signed_in(request), old.pk, **form.cleaned_data)
            except AppError as error:
                refuse(form, error)
            else:
                _verified(request, new)
                return redirect(home)
    shown = {"credential": old, "info": PROVIDERS[old.provider], "form": form, "home": home}
    return render(request, "credentials/key_replace.html", shown | _recency(request))


@require_POST
def key_verify(request: HttpRequest, credential_id: int) -> HttpResponse:
    """Ask the provider now."""
    credential = _managed(request, credential_id)
    _verified(request, credential)
    return redirect(_home(credential))


@require_POST
def key_revoke(request: HttpRequest, credential_id: int) -> HttpResponse:
    """End a key here and delete its value."""
    credential = _managed(request, credential_id)
    title = PROVIDERS[credential.provider].title
    return act(
        request,
        lambda: service.revoke(signed_in(request), credential.pk),
        to=_home(credential),
        done=f"The {title} key was revoked and its value deleted. Delete it at {title} too.",
    )


def _page(request: HttpRequest, owner: Owner, *, manages: bool) -> HttpResponse:
    form = KeyForm(request.POST or None, initial={"provider": request.GET.get("provider", "")})
    if request.method == "POST":
        if not has_signed_in_recently(request):
            messages.error(request, _AGAIN)
            return redirect(request.path)
        if form.is_valid():
            try:
                credential = service.add(signed_in(request), owner, **form.cleaned_data)
            except AppError as error:
                refuse(form, error)
            else:
                _verified(request, credential)
                return redirect(request.path)
    shown: dict[str, Any] = {
        "form": form,
        "rows": _rows(service.of_owner(owner)),
        "team": owner if isinstance(owner, Team) else None,
        "teams": Team.objects.filter(memberships__user=signed_in(request)).order_by("name")[:50],
        "providers": PROVIDERS.values(),
        "first": PROVIDERS["anthropic"],
        "manages": manages,
    }
    return render(request, "credentials/keys.html", shown | _recency(request))


def _rows(credentials: Iterable[Credential]) -> list[dict[str, Any]]:
    """Each key with what is known about its provider."""
    rows = []
    for credential in credentials:
        info = PROVIDERS[credential.provider]
        text = f"When it is revoked, {info.stops}. Its value is deleted here; delete it at {info.title} too."
        rows.append({"credential": credential, "info": info, "stops": text})
    return rows


def _recency(request: HttpRequest) -> dict[str, Any]:
    """Whether a key may be typed now, and what to do when not."""
    back = urlencode({"next": request.path})
    return {
        "is_recent": has_signed_in_recently(request),
        "minutes": MINUTES,
        "again": f"{reverse('account_reauthenticate')}?{back}"
        if signed_in(request).has_usable_password()
        else "",
    }


def _verified(request: HttpRequest, credential: Credential) -> None:
    """Verify and say what came out; a key that cannot be verified stays all the same."""
    info = PROVIDERS[credential.provider]
    if not info.verifiable:
        messages.info(
            request,
            f"A key for {info.title} is stored; it cannot be verified here: the first job shows.",
        )
        return
    try:
        checked = service.verify(signed_in(request), credential.pk)
    except AppError as error:
        messages.error(request, error.message)
    else:
        if checked.verify_error:
            messages.warning(request, f"The key is stored. {checked.verify_error}")
        else:
            messages.success(request, f"The key is stored, and {info.title} takes it.")


def _managed(request: HttpRequest, credential_id: int) -> Credential:
    """The key, when this person may change it; else 404, or 403 for members of its team."""
    try:
        return service.managed(signed_in(request), credential_id)
    except AppError as error:
        raise as_http(error) from error


def _home(credential: Credential) -> str:
    """The page that lists it."""
    if credential.team_id is None:
        return reverse("keys")
    return reverse("team_keys", args=[credential.team_id])
