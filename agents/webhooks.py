"""What GitHub tells us by itself: checked, kept, answered; a worker does the rest."""

from __future__ import annotations

import hashlib
import hmac
import re
from urllib.parse import parse_qs
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from agents.services import deliveries
from clusters.forges.github import events
from credentials.errors import AppError, Invalid, NotFound

log = structlog.get_logger(__name__)

# What GitHub says that it sends at most.
LARGEST = 25 * 1024 * 1024
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")
_EVENT = re.compile(r"[a-z0-9_]{1,64}")


class _Refused(AppError):
    """The request is not GitHub's."""

    status = 401


class _TooLarge(AppError):
    """More than GitHub ever sends."""

    status = 413


class _WrongType(AppError):
    """Neither JSON nor a form."""

    status = 415


@login_not_required
@csrf_exempt
@require_POST
def github(request: HttpRequest) -> JsonResponse:
    """Keep a signed delivery: 202, or 200 when it was here before."""
    try:
        created = _receive(request)
    except AppError as error:
        log.info("webhook_refused", code=error.code)
        return JsonResponse({"code": error.code, "detail": error.message}, status=error.status)
    return JsonResponse({"received": created}, status=202 if created else 200)


def _receive(request: HttpRequest) -> bool:
    if not settings.GITHUB_WEBHOOK_SECRETS:
        raise NotFound(
            "webhooks_not_configured",
            "This server takes no webhooks: an operator sets GITHUB_WEBHOOK_SECRET first.",
        )
    body = _body(request)
    _check_signature(request.headers.get("X-Hub-Signature-256", ""), body)
    delivery_id, event = _delivery_id(request), request.headers.get("X-GitHub-Event", "")
    if not _EVENT.fullmatch(event):
        raise Invalid("event_missing", "X-GitHub-Event does not name an event.")
    try:
        text = _json_text(request.content_type or "", body)
        payload = events.load(text)
    except ValueError as error:
        raise Invalid("payload_invalid", "The payload is not a JSON object.") from error
    return deliveries.receive(delivery_id, event, text, payload)


def _body(request: HttpRequest) -> bytes:
    """The raw body; not one byte of one that says it is too large."""
    too_large = _TooLarge("too_large", "The body is larger than 25 MB.")
    announced = request.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced[:20]) > LARGEST:
        raise too_large
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise too_large
    return body


def _check_signature(header: str, body: bytes) -> None:
    """HMAC-SHA256 with one of the secrets; the time it takes tells nothing."""
    given = _SIGNATURE.fullmatch(header)
    digest = given[1] if given else ""
    # All are compared, so that the time does not tell which one it was.
    matches = [
        hmac.compare_digest(hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(), digest)
        for secret in settings.GITHUB_WEBHOOK_SECRETS
    ]
    if not any(matches):
        raise _Refused(
            "signature_invalid",
            "X-Hub-Signature-256 does not fit the body: is the webhook's secret the same as here?",
        )


def _delivery_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.headers.get("X-GitHub-Delivery", ""))
    except ValueError as error:
        raise Invalid("delivery_missing", "X-GitHub-Delivery is not an id.") from error


def _json_text(content_type: str, body: bytes) -> str:
    """The payload of both content types that GitHub offers; raises ValueError."""
    if content_type == "application/json":
        return body.decode()
    if content_type == "application/x-www-form-urlencoded":
        fields = parse_qs(
            body.decode("ascii"), strict_parsing=True, errors="strict", max_num_fields=5
        )
        return fields.get("payload", [""])[0]
    raise _WrongType("type_unknown", "Send application/json or application/x-www-form-urlencoded.")
