"""The token of a sign-in is in one place, and there it cannot be read."""

from __future__ import annotations

import base64
import json
import logging
from urllib.parse import quote

import pytest
from django.apps import apps
from django.db import connection
from pytest_django.fixtures import Settings

from credentials.models import Credential, User
from tests.credentials.github.browser import Browser
from tests.stand_ins.github.server import GitHubServer


def _encodings(secret: str) -> set[str]:
    """As people and programs write it."""
    data = secret.encode()
    plain = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], data.hex()}
    # Base64 of a text that contains it, at each of the three places where it may begin.
    shifted = {base64.b64encode(b"x" * n + data)[4:-4].decode() for n in range(3)}
    return plain | shifted


def _database() -> str:
    """Every column of every row of every table."""
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += [f"{table}: {row!r}" for row in cursor.fetchall()]
    return "\n".join(rows)


def _sessions() -> str:
    """What is behind the signatures of stored sessions."""
    model = apps.get_model("sessions", "Session")
    return "\n".join(repr(row.get_decoded()) for row in model.objects.all())


@pytest.mark.parametrize("process", ["login", "connect"])
def test_the_token_is_nowhere_in_clear(
    visitor: Browser,
    site: GitHubServer,
    alice: User,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    process: str,
) -> None:
    if process == "connect":
        visitor.client.force_login(alice)
    with caplog.at_level(logging.DEBUG):
        answer = visitor.sign_in(process=process)
        page = visitor.client.get("/settings/profile/").content.decode()
    [token] = [value for value in site.state.tokens if value.startswith("gho_")]
    assert Credential.objects.get().last_four == token[-4:]
    out, err = capfd.readouterr()
    places = {
        "database": _database(),
        "sessions": _sessions(),
        "log": caplog.text + repr([record.__dict__ for record in caplog.records]),
        "output": out + err,
        "pages": page + answer.content.decode() + repr(answer.headers) + repr(answer.cookies),
    }
    assert "dana" in places["database"]
    assert "GET /accounts/github/login/callback/" in places["log"]
    found = {name for name, text in places.items() for form in _encodings(token) if form in text}
    assert not found


def test_the_secret_of_the_app_is_nowhere_either(
    visitor: Browser, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = visitor.sign_in()
    for place in (_database(), _sessions(), caplog.text, repr(answer.headers)):
        assert settings.GITHUB_CLIENT_SECRET not in place
