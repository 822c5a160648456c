"""The settings page: every new setting is shown, saved, and refused where it makes no sense."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from agents.pipelines.guard import GUARD_KINDS
from clusters.models import Project
from credentials.models import User

HOOK = {"event": "after_edit", "command": "make format"}
SERVER = {"name": "docs", "command": ["npx", "docs"], "environment": {}}


@pytest.fixture(autouse=True)
def default(settings: Settings) -> None:
    settings.CODING_AGENT_RUNNER = "local_builtin"


def address(project: Project) -> str:
    return reverse("project_settings", args=[project.pk])


def sent(project: Project, **changes: Any) -> dict[str, Any]:
    """What a browser sends when nothing is changed, and changes."""
    known = {
        "name": project.name,
        "branch_prefix": "soulcaster/",
        "requires_approval": "on",
        "setup_network": "none",
        "agent_network": "none",
        "rounds": 3,
        "time_limit_seconds": 1800,
        "setup_limit_seconds": 600,
        "test_limit_seconds": 600,
        "agent_limit_seconds": 1500,
        "idle_limit_seconds": 600,
        "budget_warning_percent": 80,
    }
    return {**known, **changes}


def saved(client: Client, project: Project, **changes: Any) -> Project:
    answer = client.post(address(project), sent(project, **changes))
    assert answer.status_code == 302, answer.context["form"].errors
    return Project.objects.get(pk=project.pk)


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("runner", "local_scripted", "local_scripted"),
        ("enabled_runners", ["local_builtin", "local_scripted"], None),
        ("agent_network", "list", "list"),
        ("folder", "packages/api", "packages/api"),
        ("lint_command", "ruff check .", "ruff check ."),
        ("setup_limit_seconds", "900", 900),
        ("agent_limit_seconds", "3600", 3600),
        ("idle_limit_seconds", "120", 120),
        ("before_agent", "make a\r\n\r\n  make b  \r\n", ["make a", "make b"]),
        ("after_agent", "make format", ["make format"]),
        ("protected_paths", "docs/\r\n*.lock", ["docs/", "*.lock"]),
        ("mcp_servers", json.dumps([SERVER]), [SERVER]),
        ("agent_hooks", json.dumps([HOOK]), [HOOK]),
        ("gate", "on", True),
        ("guard_size", "off", None),
    ],
)
def test_a_setting_is_saved(
    client: Client, bob: User, project: Project, name: str, typed: Any, kept: Any
) -> None:
    client.force_login(bob)
    after = saved(client, project, **{name: typed})
    if name == "guard_size":
        assert after.guard == {"size": "off"}
    else:
        assert getattr(after, name) == (typed if kept is None else kept)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("runner", "moon_kilo"),
        ("enabled_runners", ["moon_kilo"]),
        ("folder", "../other"),
        ("lint_command", "ruff 'check"),
        ("before_agent", "make 'x"),
        ("after_agent", "\n".join(["make"] * 11)),
        ("protected_paths", "!"),
        ("mcp_servers", "{"),
        ("mcp_servers", '{"name": "x"}'),
        ("mcp_servers", "[" * 100_000),
        ("mcp_servers", '[{"name": "x", "command": ["a\\u0000b"]}]'),
        ("agent_hooks", '[{"event": "never", "command": "x"}]'),
        ("agent_network", "everything"),
        ("guard_size", "explode"),
    ],
)
def test_nonsense_is_shown_at_its_field_and_nothing_is_saved(
    client: Client, bob: User, project: Project, name: str, typed: Any
) -> None:
    client.force_login(bob)
    answer = client.post(address(project), sent(project, rounds=5, **{name: typed}))
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [name]
    page = answer.content.decode()
    assert "Nothing was saved yet" in page
    assert f'href="#id_{name}-field"' in page
    project.refresh_from_db()
    assert project.rounds == 3


def test_what_is_set_is_shown(client: Client, carol: User, project: Project) -> None:
    project.mcp_servers, project.agent_hooks = [SERVER], [HOOK]
    project.protected_paths, project.guard = ["docs/", "*.lock"], {"size": "block"}
    project.allowed_hosts = [{"host": "a.example.com", "phase": "agent", "port": 8443}]
    project.save()
    client.force_login(carol)
    page = client.get(address(project)).content.decode()
    for words in (
        "&quot;npx&quot;",
        "make format",
        "docs/\n*.lock",
        'value="a.example.com"',
        "8443",
    ):
        assert words in page
    assert 'name="guard_size"' in page
    assert 'value="block" selected' in page


def test_runners_are_offered_with_their_state(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    page = client.get(address(project)).content.decode()
    assert '<option value="local_scripted">' in page
    assert "local_claude (not ready)" in page
    assert "could not run now" not in page  # the default is the built-in one
    assert reverse("doctor") in page


def test_a_runner_that_is_gone_stays_chosen_and_says_so(
    client: Client, bob: User, project: Project
) -> None:
    project.runner = "moon_kilo"
    project.save()
    client.force_login(bob)
    page = client.get(address(project)).content.decode()
    assert "moon_kilo, which is not there" in page
    assert saved(client, project, runner="moon_kilo", rounds=4).runner == "moon_kilo"


def test_the_default_has_to_be_enabled(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    answer = client.post(address(project), sent(project, enabled_runners=["local_scripted"]))
    assert "local_builtin would be the default" in answer.content.decode()


def test_every_kind_of_the_guard_has_words(client: Client, bob: User, project: Project) -> None:
    client.force_login(bob)
    form = client.get(address(project)).context["form"]
    labels = {kind: form[f"guard_{kind}"].label for kind in GUARD_KINDS}
    assert all(" " in label for label in labels.values()), labels


def test_a_kind_that_this_page_does_not_know_is_kept(
    client: Client, bob: User, project: Project
) -> None:
    project.guard = {"of_tomorrow": "warn", "size": "off"}
    project.save()
    client.force_login(bob)
    assert saved(client, project, guard_size="").guard == {"of_tomorrow": "warn"}


class TestHosts:
    def rows(self, *rows: tuple[str, str, str]) -> dict[str, list[str]]:
        hosts, phases, ports = (list(column) for column in zip(*rows, strict=True))
        return {
            "allowed_hosts-host": hosts,
            "allowed_hosts-phase": phases,
            "allowed_hosts-port": ports,
        }

    def test_rows_are_saved_and_empty_ones_left_out(
        self, client: Client, bob: User, project: Project
    ) -> None:
        client.force_login(bob)
        rows = self.rows(
            ("A.Example.com", "setup", ""), ("", "setup", ""), ("*.b.example.com", "agent", "8443")
        )
        after = saved(client, project, **rows)
        assert after.allowed_hosts == [
            {"host": "a.example.com", "phase": "setup", "port": None},
            {"host": "*.b.example.com", "phase": "agent", "port": 8443},
        ]
        assert saved(client, project).allowed_hosts == []

    @pytest.mark.parametrize(
        "row",
        [
            ("https://a.example.com/x", "setup", ""),
            ("10.0.0.1", "setup", ""),
            ("a.example.com", "tests", ""),
            ("a.example.com", "setup", "http"),
            ("a.example.com", "setup", "99999"),
            ("<script>alert(1)</script>", "setup", ""),
        ],
    )
    def test_a_row_that_cannot_be_used_is_kept_on_the_page(
        self, client: Client, bob: User, project: Project, row: tuple[str, str, str]
    ) -> None:
        client.force_login(bob)
        answer = client.post(address(project), sent(project, **self.rows(row)))
        assert list(answer.context["form"].errors) == ["allowed_hosts"]
        page = answer.content.decode()
        assert "<script>alert" not in page
        assert answer.context["form"].host_rows()[0]["host"] == row[0]

    def test_a_viewer_cannot_type(self, client: Client, carol: User, project: Project) -> None:
        client.force_login(carol)
        page = client.get(address(project)).content.decode()
        assert "data-add-row" not in page
        assert 'name="allowed_hosts-host"' in page
        assert client.post(address(project), sent(project)).status_code == 403


@pytest.mark.parametrize("verb", ["put", "delete", "patch"])
def test_a_wrong_verb_is_refused(client: Client, bob: User, project: Project, verb: str) -> None:
    client.force_login(bob)
    assert getattr(client, verb)(address(project)).status_code == 405
