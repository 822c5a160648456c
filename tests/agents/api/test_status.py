"""What runs and what waits, over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from agents.models import Job, Step
from clusters.models import Project
from credentials.models import Credential, Team, User
from credentials.services import tokens
from tests import factories


def run_job(project: Project, **fields: Any) -> Job:
    job = factories.make_job(
        project,
        status=Job.Status.RUNNING,
        started_at=timezone.now() - timedelta(seconds=60),
        lease_until=timezone.now() + timedelta(seconds=settings.LEASE_SECONDS - 1),
        lease_owner="host-1:17:4",
        **fields,
    )
    attempt = factories.make_execution(job, sandbox_provider="local", isolation="bwrap")
    Step.objects.create(execution=attempt, name="agent")
    return job


def get(client: Client, query: str = "") -> Any:
    answer = client.get(f"/api/status{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_what_runs_and_what_waits(client: Client, alice: User, project: Project) -> None:
    job = run_job(project, requested_by=alice)
    waiting = factories.make_job(project)
    client.force_login(alice)
    found = get(client)
    (running,) = found["running"]
    assert (running["id"], running["step"]["name"], running["sandbox"]) == (
        job.pk,
        "agent",
        "local",
    )
    assert running["requested_by"] == "alice"
    assert running["elapsed_seconds"] == pytest.approx(60, abs=5)
    assert running["usual_seconds"] is None
    assert running["lease"]["pulse"] == "beats"
    assert running["lease"]["seconds_ago"] == pytest.approx(1, abs=3)
    (other,) = found["waiting"]
    assert (other["id"], other["position"], other["status"]) == (waiting.pk, 1, "pending")
    assert other["reason"]
    assert found["sandboxes"] == [{"provider": "local", "in_use": 1}]
    assert (found["running_count"], found["waiting_count"]) == (1, 1)


def test_no_host_and_no_digits_of_a_key_are_told(
    client: Client, alice: User, project: Project
) -> None:
    run_job(project)
    Credential.objects.create(user=alice, provider="e2b", last_four="wxyz")
    client.force_login(alice)
    text = client.get("/api/status").content.decode()
    assert "host-1" not in text
    assert "wxyz" not in text


def test_a_place_tells_of_other_teams_only_by_its_number(
    client: Client, mallory: User, project: Project, team: Team
) -> None:
    Credential.objects.create(team=team, provider="e2b", last_four="abcd")
    run_job(project, title="Secret work")
    theirs = factories.make_project(mallory.memberships.get().team, name="elsewhere")
    mine = factories.make_job(theirs)
    factories.make_job(project, title="Secret wish", priority=Job.Priority.URGENT)
    client.force_login(mallory)
    found = get(client)
    assert (found["running"], found["sandboxes"], found["credentials"]) == ([], [], [])
    assert [job["id"] for job in found["waiting"]] == [mine.pk]
    assert found["waiting_count"] == 1
    assert "Secret" not in str(found)
    assert "tillwork" not in str(found)
    assert client.get(f"/api/status?project_id={project.pk}").status_code == 404
    assert client.get(f"/api/status?team_id={team.pk}").status_code == 404


def test_one_projects_jobs(client: Client, alice: User, project: Project, team: Team) -> None:
    run_job(project)
    other = run_job(factories.make_project(team, name="other"))
    client.force_login(alice)
    found = get(client, f"?project_id={other.project_id}")
    assert [job["id"] for job in found["running"]] == [other.pk]


def test_keys_and_runners(client: Client, alice: User, team: Team) -> None:
    Credential.objects.create(
        team=team, provider="anthropic", last_four="abcd", verify_error="It was refused."
    )
    client.force_login(alice)
    found = get(client, f"?team_id={team.pk}")
    (key,) = found["credentials"]
    assert (key["provider"], key["team"], key["state"]) == ("anthropic", team.pk, "refused")
    assert key["sentence"] == "It was refused."
    runners = {line["name"]: line["state"] for line in found["runners"]}
    assert runners["local_scripted"] == "ok"


def test_who_only_looks_may_look(client: Client, carol: User, project: Project) -> None:
    run_job(project)
    client.force_login(carol)
    assert get(client)["running_count"] == 1


def test_a_token_that_reads_is_enough(client: Client, alice: User, project: Project) -> None:
    run_job(project)
    _, text = tokens.create(alice, "laptop")
    answer = client.get("/api/status", headers={"Authorization": f"Bearer {text}"})
    assert answer.json()["running_count"] == 1


def test_strangers_and_other_verbs_are_refused(client: Client, alice: User) -> None:
    assert client.get("/api/status").status_code in {401, 403}
    client.force_login(alice)
    for verb in (client.post, client.put, client.patch, client.delete):
        assert verb("/api/status").status_code == 405
    assert client.get("/api/status?project_id=x").status_code == 400


def test_it_asks_as_often_for_fifty_jobs_as_for_one(
    client: Client, alice: User, project: Project
) -> None:
    client.force_login(alice)

    def add(number: int) -> None:
        person = factories.make_user(f"person-{number}")
        run_job(project, requested_by=person)
        factories.make_job(project, requested_by=person)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            get(client)
        return len(queries)

    add(0)
    asked()  # what is asked once
    one = asked()
    for number in range(1, 50):
        add(number)
    assert asked() == one


def test_it_is_described_and_documented(db: None) -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    shown = schema["paths"]["/api/status"]["get"]
    answer = shown["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Status"}
    fields = schema["components"]["schemas"]["Status"]["properties"]
    assert {"running", "waiting", "sandboxes", "credentials", "runners"} <= set(fields)
    docs = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
    assert re.search(r"`GET /api/status", docs)
