from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from credentials.errors import Invalid, NotFound
from credentials.models import ApiToken, AuditEvent, Scope, User
from credentials.services import tokens


def client_with(text: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def test_only_a_digest_of_a_token_is_stored(alice: User) -> None:
    token, text = tokens.create(alice, "laptop")
    stored = ApiToken.objects.filter(pk=token.pk).values().get()
    assert text not in str(stored)
    assert stored["last_four"] == text[-4:]


def test_a_token_opens_the_api(alice: User) -> None:
    _, text = tokens.create(alice, "laptop")
    assert client_with(text).get("/api/me").json()["username"] == "alice"


def test_using_a_token_is_noted(alice: User) -> None:
    token, text = tokens.create(alice, "laptop")
    client_with(text).get("/api/me")
    token.refresh_from_db()
    assert token.last_used_at is not None


@pytest.mark.parametrize("text", ["soul_unknown", "", "soul_" + "x" * 500])
def test_an_unknown_token_is_refused(db: None, text: str) -> None:
    response = client_with(text).get("/api/me")
    assert response.status_code == 401
    assert response.json()["code"] == "token_invalid"


def test_a_revoked_token_is_refused(alice: User) -> None:
    token, text = tokens.create(alice, "laptop")
    tokens.revoke(alice, token.pk)
    assert client_with(text).get("/api/me").status_code == 401


def test_an_expired_token_is_refused(alice: User) -> None:
    token, text = tokens.create(alice, "laptop")
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client_with(text).get("/api/me").status_code == 401


def test_a_closed_account_opens_nothing(alice: User) -> None:
    _, text = tokens.create(alice, "laptop")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client_with(text).get("/api/me").status_code == 401


def test_a_reading_token_changes_nothing(alice: User) -> None:
    _, text = tokens.create(alice, "laptop", scope=Scope.READ)
    response = client_with(text).post(
        "/api/projects", {"name": "x", "repository": "/x"}, format="json"
    )
    assert response.status_code == 403


def test_nobody_revokes_another_persons_token(alice: User, mallory: User) -> None:
    token, _ = tokens.create(alice, "laptop")
    with pytest.raises(NotFound):
        tokens.revoke(mallory, token.pk)


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"scope": "admin"}, {"days": 0}, {"days": 366}], ids=str
)
def test_a_token_that_cannot_be_is_refused(alice: User, wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        tokens.create(alice, **{"name": "laptop", "scope": "read", "days": 30, **wrong})  # type: ignore[arg-type]


def test_the_audit_never_holds_the_token(alice: User) -> None:
    _, text = tokens.create(alice, "laptop")
    assert text not in str(list(AuditEvent.objects.values()))
