"""Where other systems send what they know: checked, kept, answered; a worker reads it."""

from __future__ import annotations

import math

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from clusters import wiring
from clusters.models import Source
from clusters.services import intake
from clusters.services.intake import Message
from clusters.sources.base import Answer, PushSource, Received, Unverified
from clusters.sources.registry import pushes
from clusters.sources.unpacking import Damaged, TooLarge, UnknownEncoding, unpacked
from credentials.errors import AppError, Conflict, Invalid, NotFound

log = structlog.get_logger(__name__)

_HEADER_LIMIT = 2_000  # characters


class _Refused(AppError):
    """The request does not prove where it comes from."""

    status = 401


class _TooLarge(AppError):
    """More than a source may send."""

    status = 413


class _WrongType(AppError):
    """Not what this kind of source sends."""

    status = 415


class _TooMuch(AppError):
    """More in a minute than a source may send; `retry_after` says how many seconds to wait."""

    status = 429


class _Unreadable(AppError):
    """Our side is not set up: the sender may try again later."""

    status = 503


@login_not_required
@csrf_exempt
@never_cache
@require_POST
def intake_push(request: HttpRequest, kind: str, public_key: str) -> HttpResponse:
    """Keep what is sent to a source: 202, or 200 when it was here before."""
    try:
        return _answer(request, kind, public_key)
    except AppError as error:
        log.info("intake_refused", kind=kind, code=error.code)
        return _refusal(error)


def _answer(request: HttpRequest, kind: str, public_key: str) -> HttpResponse:
    reader = pushes().get(kind)
    source = intake.source_by_key(kind, public_key)
    if reader is None:
        raise NotFound("source_not_found", "There is no source at this address.")
    received = _received(request, reader)
    if source.secret is None and (greeting := reader.greeting(received)) is not None:
        return _said(greeting)  # connecting comes before the secret is known here
    _verify(reader, source, received)
    # What strangers send is not looked into before that.
    if (greeting := reader.greeting(received)) is not None:
        return _said(greeting)
    if (seconds := intake.allow(source, 1)) is not None:
        raise _TooMuch(
            "rate_limited",
            f"This source sends more than {settings.SOURCE_PER_MINUTE:,} messages in a minute.",
            retry_after=seconds,
        )
    message = Message(reader.delivery_id(received), reader.kept_headers(received), received.body)
    kept = bool(intake.keep(source, [message]))
    return JsonResponse({"received": kept}, status=202 if kept else 200)


def _received(request: HttpRequest, reader: PushSource) -> Received:
    types = getattr(reader, "content_types", ())
    if types and (request.content_type or "").lower() not in types:
        raise _WrongType("type_unknown", f"Send {' or '.join(types)}.")
    headers = {name.lower(): value[:_HEADER_LIMIT] for name, value in request.headers.items()}
    return Received(headers=headers, body=_body(request), query=request.GET.dict())


def _body(request: HttpRequest) -> bytes:
    """The body, decompressed; not one byte of one that says it is too large."""
    most = settings.SOURCE_LARGEST
    too_large = _TooLarge("too_large", f"The body is larger than {most:,} bytes.")
    announced = request.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise too_large
    body = request.read(most + 1)
    if len(body) > most:
        raise too_large
    try:
        return unpacked(body, request.headers.get("Content-Encoding", ""), most)
    except TooLarge as error:
        raise _TooLarge("too_large", str(error)) from error
    except UnknownEncoding as error:
        raise _WrongType("encoding_unknown", str(error)) from error
    except Damaged as error:
        raise Invalid("body_damaged", str(error)) from error


def _verify(reader: PushSource, source: Source, received: Received) -> None:
    secret = _secret(source)
    if reader.signs and not secret:
        text = "This source has no secret yet, so nothing that is sent to it can be checked."
        intake.note_error(source, text)
        raise Conflict("secret_missing", text)
    try:
        reader.verify(received, secret, timezone.now())
    except Unverified as error:
        intake.note_error(source, f"Something was sent that could not be checked. {error}")
        raise _Refused("signature_invalid", str(error)) from error


def _secret(source: Source) -> str:
    try:
        return wiring.source_secret(source)
    except AppError as error:
        # What is the matter with it is nothing for strangers.
        intake.note_error(source, error.message)
        log.warning("source_secret_unreadable", source=source.pk, code=error.code)
        text = "This server cannot check what is sent at the moment: try again later."
        raise _Unreadable("secret_unreadable", text) from error


def _said(answer: Answer) -> HttpResponse:
    return HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)


def _refusal(error: AppError) -> JsonResponse:
    response = JsonResponse({"code": error.code, "detail": error.message}, status=error.status)
    if isinstance(error, _TooMuch):
        response.headers["Retry-After"] = str(math.ceil(error.extra["retry_after"]))
    return response
