"""The budget of a project's jobs is an amount that can be kept, or none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from clusters.models import Project
from clusters.services import projects
from credentials.errors import Invalid
from credentials.models import User


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("budget_usd", Decimal("0.01")),
        ("budget_usd", Decimal("2.50")),
        ("budget_usd", None),
        ("budget_warning_percent", 1),
        ("budget_warning_percent", 100),
    ],
)
def test_an_amount_is_kept(bob: User, project: Project, name: str, value: object) -> None:
    projects.update_project(bob, project, **{name: value})
    project.refresh_from_db()
    assert getattr(project, name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("budget_usd", Decimal(0)),
        ("budget_usd", Decimal(-1)),
        ("budget_usd", Decimal("100000.01")),
        ("budget_usd", Decimal("NaN")),
        ("budget_usd", "2"),
        ("budget_warning_percent", 0),
        ("budget_warning_percent", 101),
    ],
)
def test_nonsense_is_refused(bob: User, project: Project, name: str, value: Any) -> None:
    with pytest.raises(Invalid) as caught:
        projects.update_project(bob, project, **{name: value})
    assert list(caught.value.fields) == [name]


def test_the_api_takes_and_gives_it(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    answer = client.patch(
        f"/api/projects/{project.pk}", {"budget_usd": "3.5"}, content_type="application/json"
    )
    assert answer.json()["budget_usd"] == "3.50"
    refused = client.patch(
        f"/api/projects/{project.pk}", {"budget_usd": "0"}, content_type="application/json"
    )
    assert refused.status_code == 400
