from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from clusters.models import Project
from credentials.models import Team, User


def _settings(project: Project) -> str:
    return reverse("project_settings", args=[project.pk])


def _form(project: Project, **changes: object) -> dict[str, object]:
    known = {
        "name": project.name,
        "base_branch": "",
        "branch_prefix": "soulcaster/",
        "requires_approval": "on",
        "setup_network": "none",
        "agent_network": "none",
        "budget_warning_percent": 80,
        "rounds": 3,
        "time_limit_seconds": 1800,
        "setup_limit_seconds": 600,
        "test_limit_seconds": 600,
        "agent_limit_seconds": 1500,
        "idle_limit_seconds": 600,
    }
    return {**known, **changes}


def test_settings_are_saved(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    answer = client.post(_settings(project), _form(project, rounds=5, test_command="pytest -q"))
    assert answer.status_code == 302
    project.refresh_from_db()
    assert (project.rounds, project.test_command) == (5, "pytest -q")


@pytest.mark.parametrize(
    ("field", "nonsense"),
    [
        ("rounds", 0),
        ("rounds", 99),
        ("rounds", "many"),
        ("time_limit_seconds", 0),
        ("test_limit_seconds", 10**9),
        ("setup_limit_seconds", 0),
        ("agent_limit_seconds", 9),
        ("agent_limit_seconds", 86_401),
        ("idle_limit_seconds", 9),
        ("idle_limit_seconds", 86_401),
        ("base_branch", "--upload-pack=x"),
        ("branch_prefix", "../../"),
        ("test_command", 'pytest "unclosed'),
        ("setup_command", "make \\"),
    ],
)
def test_nonsense_is_refused_at_its_field(
    client: Client, bob: User, project: Project, field: str, nonsense: object
) -> None:
    client.force_login(bob)
    before = getattr(project, field)
    answer = client.post(_settings(project), _form(project, **{field: nonsense}))
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    project.refresh_from_db()
    assert getattr(project, field) == before


def test_a_viewer_reads_settings_without_a_button(
    client: Client, carol: User, project: Project
) -> None:
    client.force_login(carol)
    page = client.get(_settings(project))
    assert page.status_code == 200
    assert "Save settings" not in page.content.decode()


def test_a_viewer_changes_nothing(client: Client, carol: User, project: Project) -> None:
    client.force_login(carol)
    assert client.post(_settings(project), _form(project, rounds=5)).status_code == 403
    project.refresh_from_db()
    assert project.rounds == 3


def test_another_team_does_not_learn_that_it_exists(
    client: Client, mallory: User, project: Project
) -> None:
    client.force_login(mallory)
    assert client.get(_settings(project)).status_code == 404
    assert client.post(_settings(project), _form(project)).status_code == 404


def test_a_stranger_is_asked_to_sign_in(client: Client, project: Project) -> None:
    assert client.get(_settings(project)).status_code == 302


def test_a_path_that_is_no_repository_is_refused_in_the_form(
    client: Client, alice: User, team: Team, tmp_path: Path
) -> None:
    client.force_login(alice)
    answer = client.post(
        "/projects/new/", {"name": "x", "repository": f"{tmp_path}/none", "team": team.pk}
    )
    assert answer.status_code == 200
    assert answer.context["form"].errors["repository"]
    assert not Project.objects.exists()


def test_nobody_connects_a_project_to_another_team(
    client: Client, mallory: User, project: Project
) -> None:
    client.force_login(mallory)
    answer = client.post(
        "/projects/new/", {"name": "x", "repository": "/srv/x", "team": project.team.pk}
    )
    assert answer.context["form"].errors["team"]


def test_a_person_without_a_team_gets_one(client: Client, db: None) -> None:
    user = User.objects.create_user("newcomer")
    client.force_login(user)
    assert client.get("/projects/new/").status_code == 200
    assert user.memberships.get().team.personal
