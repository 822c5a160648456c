"""Refusals as API answers: {"code", "detail", ...}."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from credentials.errors import AppError


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Our own errors by their code; DRF's with a code added; anything else stays an error."""
    if isinstance(error, AppError):
        return Response(
            {"code": error.code, "detail": error.message, **error.extra}, status=error.status
        )
    if isinstance(error, RequestDataTooBig):
        detail = "The request is too large: send its parts one after the other."
        return Response({"code": "too_large", "detail": detail}, status=413)
    response = drf_exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.ValidationError):
        response.data = {
            "code": "invalid",
            "detail": "Some values cannot be used.",
            "fields": response.data,
        }
    elif response is not None and isinstance(response.data, dict) and "detail" in response.data:
        response.data["code"] = getattr(response.data["detail"], "code", "error")
    return response
