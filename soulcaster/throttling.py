"""How often one person may ask the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which loads this module itself

log = structlog.get_logger(__name__)


class PatientThrottle(UserRateThrottle):
    """Counts in Redis; while that is away nobody is counted, and the API goes on."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Whether this request is answered."""
        try:
            return super().allow_request(request, view)
        except RedisError:
            log.warning("requests_not_counted", exc_info=True)
            return True
