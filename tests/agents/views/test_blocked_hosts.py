"""What a job's commands were kept from, and the click that allows it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from agents.models import Job
from clusters.models import Cluster, Project
from credentials.models import AuditEvent, User
from tests import factories

HOST = "registry.example.com"


@pytest.fixture
def job(project: Project, cluster: Cluster) -> Job:
    job = factories.make_job(
        project, cluster, runner="local_scripted", status="failed", outcome="setup_failed"
    )
    factories.make_execution(job, blocked=[{"host": HOST, "port": 443, "phase": "setup"}])
    return job


def page(client: Client, job: Job) -> str:
    return client.get(reverse("job", args=[job.pk])).content.decode()


def allow(client: Client, job: Job, **changes: Any) -> Any:
    sent = {"host": HOST, "port": "443", "phase": "setup", **changes}
    return client.post(reverse("job_allow_host", args=[job.pk]), sent, follow=True)


def block(job: Job, *entries: dict[str, Any]) -> None:
    execution = job.executions.get()
    execution.blocked = list(entries)
    execution.save()


def test_a_blocked_host_is_named_with_its_phase_and_a_button(
    client: Client, bob: User, job: Job
) -> None:
    client.force_login(bob)
    shown = page(client, job)
    assert "1 place was kept from this job" in shown
    assert "by the set-up" in shown
    assert f"Allow {HOST} for this project" in shown


def test_one_click_allows_it_and_offers_to_run_again(
    client: Client, bob: User, job: Job, project: Project
) -> None:
    client.force_login(bob)
    shown = allow(client, job).content.decode()
    project.refresh_from_db()
    assert project.allowed_hosts == [{"host": HOST, "phase": "setup", "port": None}]
    assert project.setup_network == "list"
    assert "The network of the set-up was closed; now it reaches the allowed hosts" in shown
    assert "Run the job again" in shown
    assert "Run again…</button>" in shown
    assert "allowed now" in shown
    assert f"Allow {HOST}" not in shown
    assert AuditEvent.objects.filter(verb="project.host_allowed").count() == 1


def test_a_second_click_changes_nothing(
    client: Client, bob: User, job: Job, project: Project
) -> None:
    client.force_login(bob)
    allow(client, job)
    assert "closed" not in allow(client, job).content.decode()
    project.refresh_from_db()
    assert len(project.allowed_hosts) == 1
    assert AuditEvent.objects.filter(verb="project.host_allowed").count() == 1


def test_a_running_job_keeps_what_it_began_with(
    client: Client, bob: User, project: Project, cluster: Cluster
) -> None:
    job = factories.make_job(project, cluster, runner="local_scripted", status="running")
    client.force_login(bob)
    assert "This job keeps what it began with" in allow(client, job).content.decode()


def test_an_unusual_port_is_part_of_it(
    client: Client, bob: User, job: Job, project: Project
) -> None:
    block(job, {"host": HOST, "port": 8443, "phase": "agent"})
    client.force_login(bob)
    assert f"Allow {HOST}:8443 for this project" in page(client, job)
    allow(client, job, port="8443", phase="agent")
    project.refresh_from_db()
    assert project.allowed_hosts == [{"host": HOST, "phase": "agent", "port": 8443}]
    assert (project.agent_network, project.setup_network) == ("list", "none")
    assert "allowed now" in page(client, job)


@pytest.mark.parametrize(
    "host",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "169.254.169.254",
        "10.0.0.1",
        "localhost",
        "a.example.com/../x",
        "\u202emoc.elpmaxe",
        "x" * 253,
        "",
    ],
)
def test_a_hostile_host_is_shown_as_text_and_cannot_be_allowed(
    client: Client, bob: User, job: Job, project: Project, host: str
) -> None:
    block(job, {"host": host, "port": 443, "phase": "setup"})
    client.force_login(bob)
    shown = page(client, job)
    assert "<script>alert" not in shown
    assert "<img" not in shown
    assert "for this project</button>" not in shown
    answer = allow(client, job, host=host)
    assert answer.status_code == 200
    project.refresh_from_db()
    assert (project.allowed_hosts, project.setup_network) == ([], "none")


@pytest.mark.parametrize(
    "entry", [{}, {"host": HOST}, {"host": HOST, "port": "x", "phase": "moon"}]
)
def test_a_row_of_another_shape_breaks_no_page(
    client: Client, bob: User, job: Job, entry: dict[str, Any]
) -> None:
    block(job, entry)
    client.force_login(bob)
    assert "1 place was kept" in page(client, job)


def test_many_are_shortened(client: Client, bob: User, job: Job) -> None:
    block(job, *[{"host": f"h{n}.example.com", "port": 443, "phase": "agent"} for n in range(30)])
    client.force_login(bob)
    shown = page(client, job)
    assert "30 places were kept" in shown
    assert "And 10 more" in shown
    assert shown.count("for this project</button>") == 20


def test_nothing_is_said_when_nothing_was_blocked(client: Client, bob: User, job: Job) -> None:
    block(job)
    client.force_login(bob)
    assert "kept from this job" not in page(client, job)


def test_a_new_one_changes_the_page_that_is_open(client: Client, bob: User, job: Job) -> None:
    client.force_login(bob)
    state = reverse("job_state", args=[job.pk])
    seen = client.get(reverse("job", args=[job.pk])).context["seen"]
    assert client.get(state, {"seen": seen}).status_code == 204
    block(job, {"host": "other.example.com", "port": 443, "phase": "agent"})
    assert "other.example.com" in client.get(state, {"seen": seen}).content.decode()


def test_who_may_allow(
    client: Client, carol: User, mallory: User, job: Job, project: Project
) -> None:
    url = reverse("job_allow_host", args=[job.pk])
    assert "/login/" in client.post(url, {"host": HOST, "phase": "setup"})["Location"]
    client.force_login(carol)
    assert "for this project</button>" not in page(client, job)
    assert allow(client, job).status_code == 403
    client.force_login(mallory)
    assert allow(client, job).status_code == 404
    project.refresh_from_db()
    assert project.allowed_hosts == []


def test_a_look_allows_nothing(client: Client, bob: User, job: Job) -> None:
    client.force_login(bob)
    assert client.get(reverse("job_allow_host", args=[job.pk])).status_code == 405


class TestApi:
    def client_of(self, user: User | None = None) -> APIClient:
        client = APIClient()
        if user:
            client.force_authenticate(user)
        return client

    def test_a_host_is_allowed_once(self, bob: User, project: Project) -> None:
        url, body = f"/api/projects/{project.pk}/allowed_hosts", {"host": HOST, "phase": "agent"}
        for _ in range(2):
            answer = self.client_of(bob).post(url, body, format="json")
            assert answer.status_code == 200
        assert answer.json()["allowed_hosts"] == [{"host": HOST, "phase": "agent", "port": None}]
        assert answer.json()["agent_network"] == "list"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"host": HOST},
            {"host": HOST, "phase": "tests"},
            {"host": HOST, "phase": "setup", "port": 0},
            {"host": HOST, "phase": "setup", "port": 10**30},
            {"host": "https://a.de", "phase": "setup"},
            {"host": "10.0.0.1", "phase": "setup"},
            {"host": "a\0.de", "phase": "setup"},
            {"host": ["a.de"], "phase": "setup"},
        ],
    )
    def test_nonsense_is_refused(self, bob: User, project: Project, body: dict[str, Any]) -> None:
        url = f"/api/projects/{project.pk}/allowed_hosts"
        assert self.client_of(bob).post(url, body, format="json").status_code == 400
        project.refresh_from_db()
        assert project.allowed_hosts == []

    def test_who_may(self, carol: User, mallory: User, project: Project) -> None:
        url, body = f"/api/projects/{project.pk}/allowed_hosts", {"host": HOST, "phase": "setup"}
        statuses = [
            self.client_of(user).post(url, body, format="json").status_code
            for user in (carol, mallory, None)
        ]
        assert statuses == [403, 404, 401]

    def test_a_wrong_verb_is_refused(self, bob: User, project: Project) -> None:
        url = f"/api/projects/{project.pk}/allowed_hosts"
        for verb in ("get", "put", "delete"):
            assert getattr(self.client_of(bob), verb)(url).status_code == 405

    def test_new_settings_are_read_and_changed(self, bob: User, project: Project) -> None:
        url = f"/api/projects/{project.pk}"
        change = {
            "agent_network": "list",
            "allowed_hosts": [{"host": "A.Example.com", "phase": "agent"}],
            "protected_paths": ["docs/"],
            "gate": True,
        }
        answer = self.client_of(bob).patch(url, change, format="json")
        assert answer.status_code == 200
        assert answer.json()["protected_paths"] == ["docs/"]
        assert answer.json()["allowed_hosts"][0]["host"] == "a.example.com"
        refused = self.client_of(bob).patch(url, {"mcp_servers": [{"name": 1}]}, format="json")
        assert (refused.status_code, "mcp_servers" in str(refused.json())) == (400, True)

    def test_runners_say_what_is_missing_and_what_to_do(self, bob: User) -> None:
        runners = self.client_of(bob).get("/api/runners").json()
        by_name = {each["name"]: each for each in runners}
        assert by_name["local_claude"]["remedy"]
        assert by_name["local_claude"]["sandbox"] == "local"
        assert by_name["local_scripted"]["agent"] == "scripted"
        assert {each["is_default"] for each in runners} <= {True, False}

    def test_a_job_starts_with_a_model(
        self, bob: User, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("agents.queue.run_job", lambda _job: None)
        factories.make_plan(cluster, approved_by=bob)
        url = f"/api/clusters/{cluster.pk}/start_fix"
        body = {"runner": "local_scripted", "model": "anthropic:x"}
        answer = self.client_of(bob).post(url, body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "model_invalid")
        cluster.project.enabled_runners = ["local_builtin"]
        cluster.project.save()
        answer = self.client_of(bob).post(url, {"runner": "local_scripted"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "runner_disabled")
