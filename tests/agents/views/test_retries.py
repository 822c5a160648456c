"""Running a job again and changing its priority: the dialog, the page without script, the API."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from agents.models import Job
from agents.services import jobs
from clusters.models import Cluster
from credentials.models import User
from tests import factories

RUNNER = "local_scripted"


@pytest.fixture
def ended(cluster: Cluster, alice: User) -> Job:
    factories.make_plan(cluster, approved_by=alice)
    return factories.make_job(
        cluster.project,
        cluster,
        status=Job.Status.FAILED,
        outcome="agent_failed",
        requested_by=alice,
        runner=RUNNER,
    )


@pytest.fixture
def waiting(cluster: Cluster, alice: User) -> Job:
    return factories.make_job(cluster.project, cluster, requested_by=alice, runner=RUNNER)


def api(user: User | None) -> APIClient:
    client = APIClient()
    if user:
        client.force_authenticate(user)
    return client


class TestDialog:
    def test_the_job_s_page_opens_it(self, client: Client, bob: User, ended: Job) -> None:
        client.force_login(bob)
        page = client.get(reverse("job", args=[ended.pk])).content.decode()
        assert 'popovertarget="retry-job"' in page
        assert f'hx-get="{reverse("job_retry", args=[ended.pk])}"' in page

    def test_it_offers_steps_runners_and_priorities(
        self, client: Client, bob: User, ended: Job
    ) -> None:
        client.force_login(bob)
        address = reverse("job_retry", args=[ended.pk])
        whole = client.get(address).content.decode()
        part = client.get(address, headers={"HX-Request": "true"}).content.decode()
        for shown in (whole, part):
            assert 'value="preflight" checked' in shown
            assert "Not possible: The job ended before the code was checked out." in shown
            assert f'value="{RUNNER}" selected' in shown
            assert '<option value="medium" selected>' in shown
        assert "<h1>" in whole
        assert "<h1>" not in part

    def test_it_begins_a_new_job(self, client: Client, bob: User, ended: Job) -> None:
        client.force_login(bob)
        wish = {"from_step": "preflight", "runner": RUNNER, "priority": "urgent", "model": ""}
        answer = client.post(reverse("job_retry", args=[ended.pk]), wish)
        job = Job.objects.get(retry_of=ended)
        assert answer["Location"] == reverse("job", args=[job.pk])
        assert (job.priority, job.requested_by) == (Job.Priority.URGENT, bob)
        again = client.post(reverse("job_retry", args=[ended.pk]), wish)
        assert again["Location"] == answer["Location"]

    def test_a_step_that_is_not_offered_is_told(
        self, client: Client, bob: User, ended: Job
    ) -> None:
        client.force_login(bob)
        answer = client.post(
            reverse("job_retry", args=[ended.pk]), {"from_step": "publish"}, follow=True
        )
        assert "before the code was checked out" in answer.content.decode()

    def test_others_are_turned_away(
        self, client: Client, carol: User, mallory: User, ended: Job
    ) -> None:
        address = reverse("job_retry", args=[ended.pk])
        assert client.get(address).status_code == 302
        assert client.delete(address).status_code in {302, 405}
        for user, status in ((carol, 403), (mallory, 404)):
            client.force_login(user)
            assert client.get(address).status_code == status
            assert client.post(address).status_code == status
        client.force_login(carol)
        assert "retry-job" not in client.get(reverse("job", args=[ended.pk])).content.decode()
        assert client.put(address).status_code == 405
        assert not Job.objects.filter(retry_of=ended).exists()


class TestApi:
    def test_it_is_accepted_and_a_second_call_finds_it(self, bob: User, ended: Job) -> None:
        wish = {"from_step": "preflight", "runner": RUNNER, "priority": "high"}
        address = f"/api/jobs/{ended.pk}/retry"
        first = api(bob).post(address, wish, format="json")
        second = api(bob).post(address, wish, format="json")
        assert (first.status_code, second.status_code) == (202, 202)
        assert (first.json()["created"], second.json()["created"]) == (True, False)
        told = first.json()["job"]
        assert (told["retry_of"], told["from_step"], told["priority"]) == (ended.pk, "", "high")
        assert second.json()["job"]["id"] == told["id"]

    def test_it_says_what_can_be_chosen(self, carol: User, ended: Job) -> None:
        steps = api(carol).get(f"/api/jobs/{ended.pk}/retry").json()
        assert [(step["name"], step["offered"]) for step in steps] == [
            ("preflight", True),
            ("agent", False),
            ("verify", False),
            ("publish", False),
        ]

    @pytest.mark.parametrize(
        ("wish", "status", "code"),
        [
            ({"from_step": "publish"}, 409, "step_not_offered"),
            ({"from_step": "finish"}, 400, "step_unknown"),
            ({"runner": "local_nobody"}, 409, "runner_not_configured"),
            ({"priority": "highest"}, 400, "invalid"),
        ],
    )
    def test_what_cannot_be(
        self, bob: User, ended: Job, wish: dict[str, str], status: int, code: str
    ) -> None:
        answer = api(bob).post(f"/api/jobs/{ended.pk}/retry", wish, format="json")
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    def test_others_and_other_verbs(
        self, bob: User, carol: User, mallory: User, ended: Job, waiting: Job
    ) -> None:
        address = f"/api/jobs/{ended.pk}/retry"
        for user, status in ((None, 401), (mallory, 404), (carol, 403)):
            assert api(user).post(address, {}, format="json").status_code == status
        assert api(bob).delete(address).status_code == 405


class TestPriority:
    def test_the_start_takes_one(self, client: Client, bob: User, cluster: Cluster) -> None:
        factories.make_plan(cluster, approved_by=bob)
        answer = api(bob).post(
            f"/api/clusters/{cluster.pk}/start_fix",
            {"runner": RUNNER, "priority": "low"},
            format="json",
        )
        assert answer.json()["job"]["priority"] == "low"
        jobs.cancel(bob, Job.objects.get())
        client.force_login(bob)
        client.post(reverse("start_fix", args=[cluster.pk]), {"runner": RUNNER, "priority": "high"})
        assert Job.objects.latest("id").priority == Job.Priority.HIGH

    def test_it_is_changed_on_the_page_and_by_the_api(
        self, client: Client, bob: User, waiting: Job
    ) -> None:
        client.force_login(bob)
        page = client.get(reverse("job", args=[waiting.pk])).content.decode()
        assert reverse("job_priority", args=[waiting.pk]) in page
        client.post(reverse("job_priority", args=[waiting.pk]), {"priority": "urgent"})
        waiting.refresh_from_db()
        assert waiting.priority == Job.Priority.URGENT
        told = api(bob).patch(f"/api/jobs/{waiting.pk}", {"priority": "low"}, format="json")
        assert (told.status_code, told.json()["priority"]) == (200, "low")

    def test_one_change_at_a_time(self, bob: User, waiting: Job) -> None:
        for change in ({}, {"priority": "low", "status": "cancelled"}, {"priority": 10}):
            answer = api(bob).patch(f"/api/jobs/{waiting.pk}", change, format="json")
            assert answer.status_code == 400

    def test_one_that_ended_says_so(self, client: Client, bob: User, ended: Job) -> None:
        answer = api(bob).patch(f"/api/jobs/{ended.pk}", {"priority": "low"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "job_begun")
        client.force_login(bob)
        page = client.get(reverse("job", args=[ended.pk])).content.decode()
        assert reverse("job_priority", args=[ended.pk]) not in page

    def test_others_are_turned_away(
        self, client: Client, carol: User, mallory: User, waiting: Job
    ) -> None:
        address = reverse("job_priority", args=[waiting.pk])
        assert client.post(address).status_code == 302
        for user, status in ((carol, 403), (mallory, 404)):
            client.force_login(user)
            assert client.post(address, {"priority": "low"}).status_code == status
        assert client.get(address).status_code == 405


class TestProposal:
    @pytest.fixture
    def proposal(self, cluster: Cluster) -> Job:
        cluster.project.runner = RUNNER
        cluster.project.save()
        made = jobs.propose_fix(cluster)
        assert made is not None
        return made

    def test_its_page_asks_for_a_person(self, client: Client, bob: User, proposal: Job) -> None:
        client.force_login(bob)
        page = client.get(reverse("job", args=[proposal.pk])).content.decode()
        assert "Nobody has started it." in page
        assert 'popovertarget="start-job"' in page
        assert 'popovertarget="decline-job"' in page
        assert "Nothing of it was pushed" not in page

    def test_its_cluster_can_still_be_worked_on(
        self, client: Client, bob: User, proposal: Job
    ) -> None:
        client.force_login(bob)
        page = client.get(reverse("cluster", args=[proposal.cluster_id])).content.decode()
        assert "A fix is proposed" in page
        assert "Watch job" not in page

    def test_a_member_starts_it(
        self, client: Client, bob: User, cluster: Cluster, proposal: Job
    ) -> None:
        client.force_login(bob)
        refused = client.post(reverse("job_approve", args=[proposal.pk]), follow=True)
        assert "wants plans approved" in refused.content.decode()
        cluster.plans.all().delete()
        factories.make_plan(cluster, approved_by=bob)
        started = client.post(reverse("job_approve", args=[proposal.pk]), follow=True)
        assert "Started. The job is yours" in started.content.decode()
        proposal.refresh_from_db()
        assert (proposal.status, proposal.requested_by) == ("pending", bob)

    def test_a_member_rejects_it_by_the_api(self, bob: User, proposal: Job) -> None:
        answer = api(bob).post(f"/api/jobs/{proposal.pk}/reject", {"comment": "No."}, format="json")
        assert (answer.json()["status"], answer.json()["outcome"]) == ("completed", "rejected")
        assert answer.json()["decision_comment"] == "No."

    def test_the_settings_say_when(self, client: Client, bob: User, cluster: Cluster) -> None:
        project = cluster.project
        answer = api(bob).patch(
            f"/api/projects/{project.pk}", {"propose_fixes_at": 7}, format="json"
        )
        assert answer.json()["propose_fixes_at"] == 7
        wrong = api(bob).patch(
            f"/api/projects/{project.pk}", {"propose_fixes_at": 0}, format="json"
        )
        assert wrong.status_code == 400
        client.force_login(bob)
        page = client.get(reverse("project_settings", args=[project.pk])).content.decode()
        assert "Propose a fix from this many people" in page
