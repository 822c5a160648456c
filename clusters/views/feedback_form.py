"""The feedback form of a project: open to everybody, and to be embedded in sites that may.

Nobody is signed in here and nothing is done with anybody's rights, so that no token against
forged requests is needed; inside of another site's frame its cookie would not come along either.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from clusters.models import Source
from clusters.services.sources import forms as service
from clusters.services.sources.forms import TooMany, Written
from credentials.errors import AppError

LARGEST = 64 * 1024  # bytes that are sent
USUAL_TITLE = "Feedback"


class WrittenForm(forms.Form):
    """What a person writes."""

    title = forms.CharField(label="What is it about?", max_length=300)
    body = forms.CharField(
        label="What happened?",
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="What you did, what you expected, and what came instead.",
    )
    email = forms.EmailField(
        label="Your e-mail",
        required=False,
        max_length=200,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="Only if you would like an answer.",
    )
    page = forms.CharField(
        label="Address of the page",
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
        help_text="Where it happened.",
    )
    # Nobody sees it; programs that fill in everything fill it in, too.
    website = forms.CharField(required=False, max_length=1000)


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def feedback_form(request: HttpRequest, public_key: str) -> HttpResponse:
    """The form; what is sent becomes a report."""
    source = _source(public_key)
    if not source.enabled:
        return _answer(source, "feedback_form_closed", {}, status=403)
    if request.method != "POST":
        page = request.GET.get("page", "").replace("\0", "")[:1000]
        return _form(request, source, WrittenForm(initial={"page": page}))
    if _size(request) > LARGEST:
        return _answer(source, "feedback_form_closed", {"too_large": True}, status=413)
    form = WrittenForm(request.POST)
    if request.POST.get("website"):
        service.drop(source, sender_of(request))
        return _thanks(request, public_key)
    if not form.is_valid():
        return _form(request, source, form, status=400)
    return _take(request, source, form)


@login_not_required
@require_safe
def feedback_thanks(request: HttpRequest, public_key: str) -> HttpResponse:
    """It is here."""
    return _answer(_source(public_key), "feedback_form_thanks", {"embedded": _embedded(request)})


@login_not_required
@require_safe
def feedback_embed(request: HttpRequest, public_key: str) -> HttpResponse:
    """The script that puts a button on another site; without a form, it does nothing."""
    source = _source(public_key)
    config = {
        "address": settings.SITE_URL + reverse("feedback_form", args=[public_key]),
        "label": source.config.get("button") or USUAL_TITLE,
        "title": source.config.get("title") or USUAL_TITLE,
        "framed": bool(source.config.get("origins")),
    }
    script = f"({_embed_script()})({json.dumps(config)});\n" if source.enabled else ""
    answer = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "public, max-age=300"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _take(request: HttpRequest, source: Source, form: WrittenForm) -> HttpResponse:
    values = {name: form.cleaned_data[name] for name in ("title", "body", "email", "page")}
    try:
        service.take(source, Written(**values), sender_of(request))
    except TooMany as error:
        form.add_error(None, error.message)
        answer = _form(request, source, form, status=429)
        answer["Retry-After"] = str(error.seconds)
        return answer
    except AppError as error:
        form.add_error(None, error.message)
        return _form(request, source, form, status=400)
    return _thanks(request, str(source.public_key))


def sender_of(request: HttpRequest) -> str:
    """The network address of who asks; behind a proxy, what the proxy says that it is."""
    if settings.SECURE_PROXY_SSL_HEADER:
        told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if told:
            return told[:100]
    return str(request.META.get("REMOTE_ADDR", ""))


def _source(public_key: str) -> Source:
    """The form's source as it is now, also while it is paused; 404 for any other address."""
    forms_here = Source.objects.filter(kind=Source.Kind.FORM).select_related("project")
    return get_object_or_404(forms_here, public_key=public_key)


def _size(request: HttpRequest) -> int:
    announced = request.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced[:20]) > LARGEST:
        return int(announced[:20])
    return len(request.body)


def _embedded(request: HttpRequest) -> bool:
    return "embedded" in request.GET


def _thanks(request: HttpRequest, public_key: str) -> HttpResponse:
    query = "?" + urlencode({"embedded": "1"}) if _embedded(request) else ""
    answer = HttpResponseRedirect(reverse("feedback_thanks", args=[public_key]) + query)
    answer.status_code = 303
    return answer


def _form(
    request: HttpRequest, source: Source, form: WrittenForm, status: int = 200
) -> HttpResponse:
    context = {"form": form, "embedded": _embedded(request)}
    return _answer(source, "feedback_form", context, status=status)


def _answer(
    source: Source, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page that tells of the project only what the team has written for it."""
    shown = {
        "title": source.config.get("title") or USUAL_TITLE,
        "intro": source.config.get("intro", ""),
        "address": reverse("feedback_form", args=[source.public_key]),
    }
    # Without the request: no person, no session and no cookie plays a part.
    text = render_to_string(f"clusters/{template}.html", shown | context)
    answer = HttpResponse(text, status=status)
    answer["Cache-Control"] = "no-store"
    if origins := source.config.get("origins"):
        answer.xframe_options_exempt = True
        answer._csp_replace = {"frame-ancestors": origins}  # type: ignore[attr-defined]
    return answer


@cache
def _embed_script() -> str:
    """The function of the embedding script, as an expression."""
    path = finders.find("js/feedback-form-embed.js")
    assert isinstance(path, str), "the static files are not there"
    return Path(path).read_text(encoding="utf-8").strip().removesuffix(";")
