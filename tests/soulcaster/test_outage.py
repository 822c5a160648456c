"""While the database is away, people are told so: once, and with a time to ask again."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from credentials.models import User

pytestmark = pytest.mark.django_db

REFUSED = OperationalError("connection failed: Connection refused")


@contextmanager
def database(error: Exception) -> Iterator[None]:
    """Every query fails with this."""

    def refuse(*_: Any) -> None:
        raise error

    with connection.execute_wrapper(refuse):
        yield


@pytest.fixture
def visitor(alice: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    return client


@pytest.mark.parametrize(
    "error",
    [REFUSED, InterfaceError("connection already closed"), OperationalError("database is locked")],
    ids=["refused", "closed", "busy"],
)
def test_a_page_says_that_the_database_is_away(visitor: Client, error: Exception) -> None:
    with database(error):
        response = visitor.get("/")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert response.headers["Content-Security-Policy"]
    assert "The database does not answer." in response.content.decode()


def test_the_api_says_it_as_json(visitor: Client) -> None:
    with database(REFUSED):
        response = visitor.get("/api/jobs/")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert response.json()["code"] == "database_away"


def test_what_is_full_is_not_called_away(visitor: Client) -> None:
    with database(OperationalError("database or disk is full")):
        response = visitor.get("/api/jobs/")
    assert response.status_code == 503
    assert "no space left" in response.json()["detail"]


def test_a_defect_stays_an_error_of_ours(visitor: Client) -> None:
    with database(OperationalError("no such table: agents_job")):
        assert visitor.get("/").status_code == 500
    with database(OSError(errno.EIO, "Input/output error")):
        assert visitor.get("/").status_code == 500


def test_it_is_over_when_the_database_is_back(visitor: Client) -> None:
    with database(REFUSED):
        assert visitor.get("/").status_code == 503
    assert visitor.get("/").status_code == 200


def test_readiness_says_that_the_database_is_away() -> None:
    with database(REFUSED):
        response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] == "does not answer"
