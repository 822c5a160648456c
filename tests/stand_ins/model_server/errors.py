"""What providers say when they do not answer."""

from __future__ import annotations

from typing import Any

from tests.stand_ins.model_server.question import Wire

RETRY_AFTER = 1  # seconds
_KINDS = {
    400: ("invalid_request_error", "this request is malformed", "invalid_request"),
    401: ("authentication_error", "invalid api key", "invalid_api_key"),
    403: ("permission_error", "this key may not use this model", "forbidden"),
    404: ("not_found_error", "the model {model} does not exist", "model_not_found"),
    429: ("rate_limit_error", "rate limit reached", "rate_limit_exceeded"),
    500: ("api_error", "internal server error", "server_error"),
    503: ("overloaded_error", "overloaded", "overloaded"),
}


def error(wire: Wire, status: int, model: str) -> dict[str, Any]:
    """The body of a refusal."""
    kind, words, code = _KINDS[status]
    message = words.format(model=model)
    if wire == "anthropic":
        return {"type": "error", "error": {"type": kind, "message": message}}
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def headers(status: int) -> dict[str, str]:
    """What goes with it."""
    return {"retry-after": str(RETRY_AFTER)} if status == 429 else {}
