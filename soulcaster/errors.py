"""Refusals as API answers: {"code", "detail", ...}."""

from __future__ import annotations

from typing import Any

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
