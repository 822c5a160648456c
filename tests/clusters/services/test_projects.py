"""The settings of a project, and the hosts that it allows."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from clusters.models import Project
from clusters.services import projects
from credentials.errors import Forbidden, Invalid
from credentials.models import AuditEvent, User

SERVER = {"name": "wiki", "url": "https://mcp.example.com/sse"}


def refused(user: User, project: Project, **changes: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        projects.update_project(user, project, **changes)
    project.refresh_from_db()
    return caught.value.fields


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("runner", "local_claude"),
        ("runner", ""),
        ("enabled_runners", []),
        ("lint_command", "ruff check ."),
        ("folder", "packages/api"),
        ("folder", ""),
        ("before_agent", ["make generate"]),
        ("after_agent", ["make format", "make 'lint all'"]),
        ("protected_paths", ["docs/", "*.lock", "!docs/notes.md"]),
        ("mcp_servers", [{"name": "docs", "command": ["npx", "docs"]}]),
        ("agent_hooks", [{"event": "at_end", "command": "make"}]),
        ("setup_network", "open"),
        ("agent_network", "list"),
        ("gate", True),
        ("guard", {"size": "off"}),
    ],
)
def test_a_setting_is_kept(bob: User, project: Project, name: str, value: object) -> None:
    projects.update_project(bob, project, **{name: value})
    project.refresh_from_db()
    assert getattr(project, name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("runner", "local"),
        ("runner", "local_claude; x"),
        ("enabled_runners", "local_claude"),
        ("enabled_runners", [""]),
        ("enabled_runners", [{}]),
        ("enabled_runners", ["a_b"] * 61),
        ("lint_command", "ruff 'check"),
        ("folder", "/etc"),
        ("folder", "../other"),
        ("folder", "a/../../b"),
        ("folder", "a//b"),
        ("folder", "a/"),
        ("folder", ".git/hooks"),
        ("folder", "a\\b"),
        ("folder", "a\nb"),
        ("folder", None),
        ("before_agent", "make"),
        ("before_agent", ["make\nrm"]),
        ("before_agent", [" "]),
        ("before_agent", ["make 'x"]),
        ("after_agent", ["make"] * 11),
        ("protected_paths", ["x" * 201]),
        ("protected_paths", ["a\0b"]),
        ("protected_paths", ["***/x", "!"]),
        ("protected_paths", [3]),
        ("mcp_servers", {"name": "x"}),
        ("agent_hooks", [{"event": "never", "command": "x"}]),
        ("allowed_hosts", [{"host": "https://a.de", "phase": "setup"}]),
        ("allowed_hosts", [{"host": "a.de", "phase": "setup"}] * 51),
        ("allowed_hosts", "a.de"),
        ("setup_network", "everything"),
        ("agent_network", ""),
        ("guard", {"size": "explode"}),
    ],
)
def test_nonsense_is_refused_with_its_name(
    bob: User, project: Project, name: str, value: object
) -> None:
    before = getattr(project, name)
    assert list(refused(bob, project, **{name: value})) == [name]
    assert getattr(project, name) == before


def test_the_default_has_to_be_among_the_enabled(
    bob: User, project: Project, settings: Settings
) -> None:
    settings.CODING_AGENT_RUNNER = "sandbox_kilo"
    only = ["local_claude"]
    assert "sandbox_kilo" in refused(bob, project, enabled_runners=only)["runner"][0]
    projects.update_project(bob, project, enabled_runners=only, runner="local_claude")
    assert "local_codex" in refused(bob, project, runner="local_codex")["runner"][0]


def test_a_server_elsewhere_needs_a_way_there(bob: User, project: Project) -> None:
    assert "mcp.example.com" in refused(bob, project, mcp_servers=[SERVER])["mcp_servers"][0]
    wild = [{"host": "*.example.com", "phase": "agent"}]
    # The host is named, but the agent's network is closed.
    assert refused(bob, project, mcp_servers=[SERVER], allowed_hosts=wild)["mcp_servers"]
    projects.update_project(
        bob, project, mcp_servers=[SERVER], allowed_hosts=wild, agent_network="list"
    )
    projects.update_project(bob, project, mcp_servers=[SERVER], agent_network="open")


def test_hosts_are_kept_in_one_spelling(bob: User, project: Project) -> None:
    projects.update_project(
        bob, project, allowed_hosts=[{"host": "Registry.Example.COM.", "phase": "setup"}]
    )
    kept = {"host": "registry.example.com", "phase": "setup", "port": None}
    assert project.allowed_hosts == [kept]


class TestAllowHost:
    def test_it_is_added_once_and_told(self, bob: User, project: Project) -> None:
        project.setup_network = "list"
        project.save()
        first = projects.allow_host(bob, project, "Example.com", "setup")
        second = projects.allow_host(bob, project, "example.com", "setup")
        assert (first.changed, first.switched, second.changed) == (True, False, False)
        project.refresh_from_db()
        kept = {"host": "example.com", "phase": "setup", "port": None}
        assert project.allowed_hosts == [kept]
        event = AuditEvent.objects.get(verb="project.host_allowed")
        assert (event.actor, event.data) == (bob, kept)

    @pytest.mark.parametrize("phase", ["setup", "agent"])
    def test_a_closed_phase_becomes_a_list(self, bob: User, project: Project, phase: str) -> None:
        assert projects.allow_host(bob, project, "example.com", phase).switched
        project.refresh_from_db()
        other = "agent" if phase == "setup" else "setup"
        assert getattr(project, f"{phase}_network") == "list"
        assert getattr(project, f"{other}_network") == "none"

    def test_an_open_phase_stays_open(self, bob: User, project: Project) -> None:
        project.agent_network = "open"
        project.save()
        assert not projects.allow_host(bob, project, "example.com", "agent").switched
        project.refresh_from_db()
        assert project.agent_network == "open"

    def test_what_another_click_added_meanwhile_stays(self, bob: User, project: Project) -> None:
        stale = Project.objects.select_related("team").get(pk=project.pk)
        projects.allow_host(bob, project, "a.example.com", "setup")
        projects.allow_host(bob, stale, "b.example.com", "setup", 8443)
        project.refresh_from_db()
        assert [each["host"] for each in project.allowed_hosts] == [
            "a.example.com",
            "b.example.com",
        ]

    @pytest.mark.parametrize("host", ["", "10.0.0.1", "<b>x</b>", "a.de/x", "*.com", "a.de\0"])
    def test_a_hostile_name_is_refused(self, bob: User, project: Project, host: str) -> None:
        with pytest.raises(Invalid) as caught:
            projects.allow_host(bob, project, host, "setup")
        assert caught.value.fields["host"]
        project.refresh_from_db()
        assert project.allowed_hosts == []
        assert project.setup_network == "none"

    @pytest.mark.parametrize("phase", ["", "tests", "runner"])
    def test_other_phases_have_no_network(self, bob: User, project: Project, phase: str) -> None:
        with pytest.raises(Invalid):
            projects.allow_host(bob, project, "example.com", phase)

    def test_it_is_not_for_viewers_and_strangers(
        self, carol: User, mallory: User, project: Project
    ) -> None:
        for person in (carol, mallory):
            with pytest.raises(Forbidden):
                projects.allow_host(person, project, "example.com", "setup")
