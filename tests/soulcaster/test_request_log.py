from __future__ import annotations

import pytest
from django.test import RequestFactory

from soulcaster.request_log import RequestLogMiddleware


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/jobs/?page=2", "GET /jobs/"),
        (
            "/accounts/github/login/callback/?code=abc&state=def",
            "GET /accounts/github/login/callback/",
        ),
        ("/sign-in/wk3Ff_secret/", "GET /sign-in/***/"),
    ],
)
def test_no_way_in_is_logged(address: str, shown: str) -> None:
    assert RequestLogMiddleware.format_request(RequestFactory().get(address)) == shown
