"""The queue's page: what runs, what waits, who sees it, and who may stop it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from agents.models import Job, Step
from clusters.models import Cluster, Project
from credentials.models import Credential, Team, User
from tests import factories


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def run_job(project: Project, *, silent: float = 1.0, **fields: Any) -> Job:
    """A job whose agent works, heard of `silent` seconds ago."""
    fields.setdefault("title", "Totals are wrong")
    job = factories.make_job(
        project,
        status=Job.Status.RUNNING,
        started_at=ago(100),
        lease_until=ago(silent - settings.LEASE_SECONDS),
        lease_owner="host-1:17:4",
        fence=1,
        **fields,
    )
    attempt = factories.make_execution(
        job, sandbox_provider="local", isolation="bwrap", started_at=ago(100)
    )
    Step.objects.create(
        execution=attempt,
        name="setup",
        status="completed",
        started_at=ago(100),
        finished_at=ago(75),
    )
    Step.objects.create(execution=attempt, name="agent", round=2, started_at=ago(75))
    return job


def page(client: Client, user: User, query: str = "") -> str:
    client.force_login(user)
    answer = client.get(f"/queue/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def poll_address(content: str) -> str:
    found = re.search(r'id="queue-poll"[^>]*hx-get="([^"]+)"', content)
    assert found
    return found[1].replace("&amp;", "&")


def test_a_running_job_shows_where_it_is_and_since_when(
    client: Client, alice: User, project: Project
) -> None:
    job = run_job(project)
    content = page(client, alice)
    assert f'href="/jobs/{job.pk}/"' in content
    assert "Agent, round 2 since" in content
    assert "sandbox local (bwrap)" in content
    assert "agent 75 %" in content
    assert 'aria-label="Preparing 25 s, Agent 1 m 15 s"' in content
    assert "host-1" not in content


@pytest.mark.parametrize(
    ("silent", "said"),
    [
        (1, "worker heard of in the last 10 s"),
        (20, "no word of its worker for"),
        (45, "takes over"),
    ],
)
def test_the_health_of_its_lease_is_a_few_words(
    client: Client, alice: User, project: Project, silent: float, said: str
) -> None:
    run_job(project, silent=silent)
    assert said in page(client, alice)


def test_the_usual_time_is_shown_beside_the_elapsed_one(
    client: Client, alice: User, project: Project
) -> None:
    for _ in range(3):
        factories.make_job(
            project,
            status=Job.Status.COMPLETED,
            outcome="verified",
            started_at=ago(200),
            finished_at=timezone.now(),
        )
    run_job(project)
    content = page(client, alice)
    assert "in all, usually 3 m 20 s" in content
    assert 'class="usual"' in content


def test_a_waiting_job_shows_its_place_and_the_reason(
    client: Client, alice: User, project: Project
) -> None:
    factories.make_job(project, title="Second")
    factories.make_job(project, title="First", priority=Job.Priority.URGENT)
    content = page(client, alice)
    places = re.findall(r'Place </span>(\d+)</span>.*?id="open-\d+"[^>]*>(\w+)<', content, re.S)
    assert places == [("1", "First"), ("2", "Second")]
    assert "urgent priority" in content
    assert content.count('class="reason"') == 2


def test_a_job_that_awaits_a_person_says_so(client: Client, alice: User, project: Project) -> None:
    factories.make_job(
        project, status=Job.Status.AWAITING_APPROVAL, approval="push", lease_until=ago(60)
    )
    assert "Waits for a person to approve or reject it." in page(client, alice)


def test_an_empty_queue_says_how_a_job_comes_into_it(
    client: Client, alice: User, project: Project
) -> None:
    content = page(client, alice)
    assert "Nothing runs and nothing waits" in content
    assert "Generate fix" in content


def test_one_projects_queue(client: Client, alice: User, team: Team, project: Project) -> None:
    run_job(project, title="Of the first")
    other = factories.make_project(team, name="other")
    run_job(other, title="Of the other")
    content = page(client, alice, f"?project={other.pk}")
    assert "Of the other" in content
    assert "Of the first" not in content


def test_other_teams_are_not_there_but_count(
    client: Client, mallory: User, project: Project
) -> None:
    run_job(project, title="Secret work")
    factories.make_job(project, title="Secret wish", priority=Job.Priority.URGENT)
    theirs = factories.make_project(mallory.memberships.get().team, name="elsewhere")
    factories.make_job(theirs, title="Mine")
    content = page(client, mallory)
    assert "Mine" in content
    assert "Secret" not in content
    assert "tillwork" not in content
    assert client.get(f"/queue/?project={project.pk}").status_code == 404
    assert client.get(f"/queue/state/?project={project.pk}").status_code == 404


def test_strangers_sign_in_first_and_nothing_is_posted(
    client: Client, alice: User, project: Project
) -> None:
    for address in ("/queue/", "/queue/state/"):
        assert "/login/" in client.get(address)["Location"]
    client.force_login(alice)
    for address in ("/queue/", "/queue/state/"):
        assert client.post(address).status_code == 405


def test_a_member_cancels_and_stays_on_the_page(
    client: Client, bob: User, project: Project
) -> None:
    job = factories.make_job(project)
    content = page(client, bob)
    assert f'popovertarget="cancel-job-{job.pk}"' in content
    assert f'action="/jobs/{job.pk}/cancel/"' in content
    answer = client.post(f"/jobs/{job.pk}/cancel/", {"next": "/queue/"})
    assert answer["Location"] == "/queue/"
    job.refresh_from_db()
    assert job.status == Job.Status.CANCELLED


def test_a_way_back_to_elsewhere_is_not_taken(client: Client, bob: User, project: Project) -> None:
    job = factories.make_job(project)
    client.force_login(bob)
    answer = client.post(f"/jobs/{job.pk}/cancel/", {"next": "https://elsewhere.example/"})
    assert answer["Location"] == f"/jobs/{job.pk}/"


def test_who_only_looks_cannot_cancel(client: Client, carol: User, project: Project) -> None:
    job = run_job(project)
    content = page(client, carol)
    assert job.title in content
    assert "Cancel" not in content
    assert client.post(f"/jobs/{job.pk}/cancel/").status_code == 403


def test_nothing_is_sent_while_nothing_changed(
    client: Client, alice: User, project: Project
) -> None:
    job = run_job(project)
    poll = poll_address(page(client, alice))
    assert client.get(poll).status_code == 204
    Job.objects.filter(pk=job.pk).update(lease_until=ago(2 - settings.LEASE_SECONDS))
    assert client.get(poll).status_code == 204
    Step.objects.filter(name="agent").update(status="completed", finished_at=timezone.now())
    answer = client.get(poll)
    assert answer.status_code == 200
    content = answer.content.decode()
    assert 'id="queue" class="queue" hx-swap-oob="true"' in content
    assert "queue-dialogs" not in content  # the same jobs: an open dialog stays
    assert client.get(poll_address(content)).status_code == 204


def test_a_new_job_comes_with_its_dialog(client: Client, alice: User, project: Project) -> None:
    run_job(project)
    poll = poll_address(page(client, alice))
    job = factories.make_job(project)
    content = client.get(poll).content.decode()
    assert f'id="cancel-job-{job.pk}"' in content
    assert 'id="queue-dialogs" hx-swap-oob="true"' in content


def test_keys_and_runners_in_trouble_are_named(
    client: Client, alice: User, team: Team, project: Project
) -> None:
    Credential.objects.create(
        team=team, provider="e2b", last_four="abcd", verify_error="E2B refused this key."
    )
    factories.make_job(project, runner="local_claude")
    content = page(client, alice)
    assert "E2B refused this key." in content
    assert "Claude Code" in content
    assert "not ready" in content


def test_titles_of_strangers_are_text(client: Client, alice: User, project: Project) -> None:
    factories.make_job(project, title="<script>alert(1)</script>")
    assert "<script>alert" not in page(client, alice)


def test_a_jobs_page_shows_its_place_and_why(client: Client, alice: User, cluster: Cluster) -> None:
    factories.make_job(cluster.project, priority=Job.Priority.URGENT)
    job = factories.make_job(cluster.project, cluster)
    client.force_login(alice)
    content = client.get(f"/jobs/{job.pk}/").content.decode()
    assert "Place 2 in the" in content
    poll = re.search(r'id="job-poll"[^>]*hx-get="([^"]+)"', content)
    assert poll
    address = poll[1].replace("&amp;", "&")
    assert client.get(address).status_code == 204
    Job.objects.exclude(pk=job.pk).delete()
    assert "Place 1 in the" in client.get(address).content.decode()


def test_a_jobs_steps_are_bars_with_the_agents_share(
    client: Client, alice: User, project: Project
) -> None:
    job = run_job(project)
    client.force_login(alice)
    content = client.get(f"/jobs/{job.pk}/").content.decode()
    assert content.count('class="bars thin"') == 2
    assert "The agent took 75 % of the time." in content


def test_a_clusters_page_shows_the_place_of_its_waiting_job(
    client: Client, alice: User, cluster: Cluster
) -> None:
    factories.make_job(cluster.project, cluster)
    client.force_login(alice)
    assert "place 1 in the queue" in client.get(f"/clusters/{cluster.pk}/").content.decode()
    assert "place 1" in client.get("/").content.decode()
