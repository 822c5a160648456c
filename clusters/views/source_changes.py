"""Connecting a source, changing it, trying it, taking it away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from clusters.models import Source
from clusters.services import sources as service
from clusters.services.sources import kinds as source_kinds
from clusters.source_form_base import SourceForm
from clusters.source_forms import SecretForm, form_of
from clusters.sources import webhook
from clusters.views.sources import show, the_project, the_source
from clusters.webhook_form import WebhookForm
from credentials.errors import AppError, Forbidden, NotFound
from credentials.views.helpers import act, as_http, refuse, require_writer, signed_in

LONGEST_SAMPLE = 100_000  # characters
PREVIEWED = 5


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def source_new(request: HttpRequest, project_id: int, kind: str) -> HttpResponse:
    """Connect a source of a kind. A secret of ours is in this one answer and never again."""
    project = the_project(request, project_id)
    require_writer(request, project.team)
    try:
        info = source_kinds.connectable(kind)
    except AppError as error:
        raise Http404(error.message) from error
    form = form_of(kind)(request.POST or None, initial={"name": info.title, "comments": True})
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        secret = service.new_secret() if info.signed_with == "ours" else ""
        try:
            source = service.create(
                signed_in(request), project, kind=kind, secret=secret, **_values(form)
            )
        except AppError as error:
            refuse(form, error)
        else:
            messages.success(request, f"{source.name} is connected.")
            return show(request, source, secret=secret) if secret else redirect("source", source.pk)
    return _form_page(request, {"project": project, "info": info, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def source_edit(request: HttpRequest, source_id: int) -> HttpResponse:
    """Other settings."""
    source = the_source(request, source_id)
    require_writer(request, source.project.team)
    info = source_kinds.info_for(source)
    kind = source.kind if info.way != "here" else Source.Kind.FILE
    form = form_of(kind)(request.POST or None, source=source)
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        try:
            service.update(signed_in(request), source, **_values(form))
        except AppError as error:
            refuse(form, error)
        else:
            messages.success(request, "The source was saved.")
            return redirect("source", source.pk)
    # What was refused is not the source's.
    known = the_source(request, source_id)
    return _form_page(
        request, {"project": known.project, "source": known, "info": info, "form": form}
    )


@sensitive_post_parameters("secret")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def source_secret(request: HttpRequest, source_id: int) -> HttpResponse:
    """Another secret: theirs is pasted, ours is made and shown once."""
    source = the_source(request, source_id)
    require_writer(request, source.project.team)
    info = source_kinds.info_for(source)
    if not info.takes_secret:
        raise Http404("Sources of this kind need no secret.")
    ours = info.signed_with == "ours"
    form = SecretForm(None if ours else request.POST or None, kind=source.kind)
    if request.method == "POST" and (ours or form.is_valid()):
        try:
            text = service.replace_secret(
                signed_in(request), source, "" if ours else form.cleaned_data["secret"]
            )
        except AppError as error:
            refuse(form, error)
        else:
            if ours:
                return show(request, source, secret=text)
            messages.success(request, "The secret was stored. It cannot be read again.")
            return redirect("source", source.pk)
    context = {"project": source.project, "source": source, "info": info, "form": form}
    return render(request, "clusters/source_secret.html", context)


@require_POST
def source_test(request: HttpRequest, source_id: int) -> HttpResponse:
    """Try it once; nothing is stored."""
    source = the_source(request, source_id)
    try:
        result = service.test(signed_in(request), source)
    except (Forbidden, NotFound) as error:
        raise as_http(error) from error
    return show(request, the_source(request, source_id), result=result)


@require_POST
def source_sync(request: HttpRequest, source_id: int) -> HttpResponse:
    """Ask it soon."""
    return _change(
        request,
        source_id,
        lambda source: service.sync_now(signed_in(request), source),
        "It is asked within a few seconds; this page follows.",
    )


@require_POST
def source_pause(request: HttpRequest, source_id: int) -> HttpResponse:
    """Take nothing in for now."""
    return _change(
        request,
        source_id,
        lambda source: service.update(signed_in(request), source, enabled=False),
        "The source is paused: nothing comes in by it until it goes on.",
    )


@require_POST
def source_resume(request: HttpRequest, source_id: int) -> HttpResponse:
    """Take things in again."""
    return _change(
        request,
        source_id,
        lambda source: service.update(signed_in(request), source, enabled=True),
        "The source goes on.",
    )


@require_POST
def source_remove(request: HttpRequest, source_id: int) -> HttpResponse:
    """Take it away; its reports stay unless the form says otherwise."""
    source = the_source(request, source_id)
    keep = request.POST.get("items") != "delete"
    rest = "Its reports stay." if keep else "Its reports are being deleted."
    return act(
        request,
        lambda: service.remove(signed_in(request), source, keep_items=keep),
        to=reverse("sources", args=[source.project_id]),
        done=f"{source.name} was removed. {rest}",
    )


def _change(
    request: HttpRequest, source_id: int, work: Callable[[Source], object], done: str
) -> HttpResponse:
    source = the_source(request, source_id)
    return act(request, lambda: work(source), to=reverse("source", args=[source.pk]), done=done)


def _values(form: SourceForm) -> dict[str, Any]:
    return {
        "name": form.cleaned_data["name"],
        "config": form.config(),
        "masks_personal_data": form.cleaned_data["masks_personal_data"],
    }


def _form_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The form, beside what would come of a message where there is a mapping to try."""
    form: SourceForm = context["form"]
    if "preview" not in request.POST or not isinstance(form, WebhookForm):
        return render(request, "clusters/source_form.html", context)
    shown = context | _preview(form, request.POST.get("sample", ""))
    if request.headers.get("HX-Request"):
        return render(request, "clusters/_source_preview.html", shown)
    return render(request, "clusters/source_form.html", shown)


def _preview(form: WebhookForm, sample: str) -> dict[str, Any]:
    """What the settings as they are typed would make of a message; nothing is stored."""
    form.full_clean()
    config = form.config()
    if said := next(iter(webhook.check_config(config).values()), ""):
        return {"sample": sample, "preview_error": said}
    if not sample.strip():
        return {"sample": ""}
    read = webhook.preview(config, sample[:LONGEST_SAMPLE])
    return {"sample": sample, "preview": read, "shown": read[:PREVIEWED]}
