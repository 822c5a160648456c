from __future__ import annotations

import pytest
from django.test import Client

from credentials.models import User
from tests.credentials.github.browser import Browser


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    """Signed in to the admin."""
    user = User.objects.create_superuser("root")
    client.force_login(user)
    return client


@pytest.mark.parametrize("model", ["socialapp", "socialtoken"])
def test_no_page_takes_secrets_in_clear(operator: Client, model: str) -> None:
    assert operator.get(f"/admin/socialaccount/{model}/").status_code == 404


def test_operators_see_who_somebody_is(visitor: Browser) -> None:
    visitor.sign_in()
    operator = Client()
    operator.force_login(User.objects.create_superuser("root"))
    assert "dana" in operator.get("/admin/socialaccount/socialaccount/").content.decode()
