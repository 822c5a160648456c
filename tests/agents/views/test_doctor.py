"""The doctor's page: there at once, what was found comes later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from agents import wiring
from clusters.models import Cluster, Project
from credentials.models import Team, User
from credentials.services import credentials
from tests import factories
from tests.agents.services.doctoring import Patient

OWN = "sk-ant-canary-own-0f3b77c1"
PAGE = "/doctor/"


@pytest.fixture(autouse=True)
def patient(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    settings.MODEL = ""
    settings.MODEL_KEYS = dict.fromkeys(settings.MODEL_KEYS, "")
    settings.MODEL_BASE_URLS = {}
    settings.CODING_AGENT_RUNNER = "local_scripted"
    patient = Patient()
    monkeypatch.setattr(wiring, "sandbox_provider", lambda *_: wiring.Sandboxes(patient))
    cache.clear()
    yield patient
    cache.clear()


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def part(name: str = "local", team: Team | None = None) -> str:
    return reverse("doctor_part", args=[name]) + (f"?team={team.pk}" if team else "")


class TestPage:
    def test_it_is_there_before_anything_is_tried(
        self, client: Client, bob: User, team: Team, patient: Patient
    ) -> None:
        client.force_login(bob)
        page = text(client, PAGE)
        assert part("local", team) in page
        assert "Trying" in page
        assert patient.probed == 0

    def test_without_scripts_it_can_wait(
        self, client: Client, bob: User, team: Team, patient: Patient
    ) -> None:
        client.force_login(bob)
        assert "?now=1" in text(client, PAGE)
        assert "A command ran in it" in text(client, f"{PAGE}?now=1")

    def test_the_installation_is_for_operators(self, client: Client, bob: User, team: Team) -> None:
        client.force_login(bob)
        assert part("installation") not in text(client, PAGE)
        assert client.get(part("installation")).status_code == 403
        bob.is_staff = True
        bob.save()
        assert part("installation") in text(client, PAGE)
        assert "Redis or Valkey" in text(client, part("installation"))

    def test_who_has_several_teams_chooses_one(self, client: Client, bob: User, team: Team) -> None:
        other = factories.make_team("Other", member=bob)
        credentials.add(bob, bob, "anthropic", OWN)
        client.force_login(bob)
        page = text(client, f"{PAGE}?team={other.pk}")
        assert part("local", other) in page
        assert f"{PAGE}?team={team.pk}" in page

    @pytest.mark.parametrize("given", ["999999", "x", "-1", "9" * 5_000, "²"])
    def test_other_teams_are_not_there(
        self, client: Client, bob: User, team: Team, given: str
    ) -> None:
        client.force_login(bob)
        for address in (PAGE, part()):
            assert client.get(address, {"team": given}).status_code == 404

    def test_a_team_of_others_is_not_there(self, client: Client, mallory: User, team: Team) -> None:
        client.force_login(mallory)
        for address in (PAGE, part()):
            assert client.get(address, {"team": team.pk}).status_code == 404

    def test_a_stranger_is_asked_to_sign_in(self, client: Client, db: None) -> None:
        for address in (PAGE, part()):
            answer = client.get(address)
            assert answer.status_code == 302
            assert "/login/" in answer["Location"]


class TestPart:
    def test_it_tells_what_was_found_by_whose_keys(
        self, client: Client, alice: User, bob: User, team: Team
    ) -> None:
        credentials.add(bob, bob, "anthropic", OWN)
        client.force_login(bob)
        his = text(client, part())
        assert "anthropic:claude-sonnet-5" in his
        assert OWN not in his
        client.force_login(alice)
        assert "There is no key for a model" in text(client, part())

    def test_what_is_being_looked_at_is_asked_for_again(
        self, client: Client, bob: User, team: Team, patient: Patient
    ) -> None:
        cache.add(f"doctor:local:{bob.pk}:{team.pk}:busy", True)
        client.force_login(bob)
        shown = text(client, part())
        assert 'hx-trigger="load delay:1s"' in shown
        assert patient.probed == 0

    def test_what_a_sandbox_says_is_escaped(
        self, client: Client, bob: User, team: Team, patient: Patient
    ) -> None:
        patient.error = "<script>alert(1)</script>"
        client.force_login(bob)
        shown = text(client, part())
        assert "<script>" not in shown
        assert "&lt;script&gt;" in shown

    def test_there_are_no_other_parts(self, client: Client, bob: User) -> None:
        client.force_login(bob)
        assert client.get(part("moon")).status_code == 404

    @pytest.mark.parametrize("verb", ["post", "put", "delete"])
    def test_a_wrong_verb_is_refused(self, client: Client, bob: User, verb: str) -> None:
        client.force_login(bob)
        assert getattr(client, verb)(part()).status_code == 405


class TestLookAgain:
    def test_a_post_forgets_what_was_found_and_comes_back(
        self, client: Client, bob: User, team: Team, patient: Patient
    ) -> None:
        client.force_login(bob)
        text(client, part())
        text(client, part())
        assert patient.probed == 1
        answer = client.post(f"{PAGE}?team={team.pk}")
        assert answer.status_code == 302
        assert answer["Location"] == f"{PAGE}?team={team.pk}"
        text(client, part())
        assert patient.probed == 2

    def test_not_all_the_time(
        self, client: Client, bob: User, team: Team, patient: Patient
    ) -> None:
        client.force_login(bob)
        client.post(PAGE)
        text(client, part())
        answer = client.post(PAGE, follow=True)
        assert "a few seconds ago" in answer.content.decode()
        text(client, part())
        assert patient.probed == 1

    @pytest.mark.parametrize("verb", ["put", "delete", "patch"])
    def test_a_wrong_verb_is_refused(self, client: Client, bob: User, verb: str) -> None:
        client.force_login(bob)
        assert getattr(client, verb)(PAGE).status_code == 405


class TestRunnerOfAPage:
    def test_a_cluster_and_a_job_say_whether_their_runner_could_run(
        self, client: Client, bob: User, cluster: Cluster, patient: Patient
    ) -> None:
        job = factories.make_job(
            cluster.project, cluster, runner="local_scripted", status="failed", outcome="no_changes"
        )
        client.force_login(bob)
        for name, number in (("cluster", cluster.pk), ("job", job.pk)):
            page = text(client, reverse(name, args=[number]))
            assert reverse(f"{name}_runner", args=[number]) in page
            fragment = text(client, reverse(f"{name}_runner", args=[number]))
            assert "could run now" in fragment
            assert "local_scripted" in fragment

    def test_a_sandbox_that_fails_is_told_with_the_reason(
        self, client: Client, bob: User, cluster: Cluster, patient: Patient
    ) -> None:
        patient.error = "No disk is left."
        client.force_login(bob)
        fragment = text(client, reverse("cluster_runner", args=[cluster.pk]))
        assert "could not run now" in fragment
        assert "No disk is left." in fragment

    def test_what_is_missing_comes_with_what_to_do(
        self, client: Client, bob: User, cluster: Cluster, project: Project, patient: Patient
    ) -> None:
        project.runner = "local_claude"
        project.save()
        client.force_login(bob)
        fragment = text(client, reverse("cluster_runner", args=[cluster.pk]))
        assert "could not run now" in fragment
        assert "Settings, Keys" in fragment
        assert patient.probed == 0

    def test_a_runner_elsewhere_is_not_opened_for_a_page(
        self, client: Client, bob: User, cluster: Cluster, project: Project, patient: Patient
    ) -> None:
        credentials.add(bob, bob, "e2b", "e2b_1234567890abcdef")
        project.runner = "sandbox_scripted"
        project.save()
        client.force_login(bob)
        assert "could run now" in text(client, reverse("cluster_runner", args=[cluster.pk]))
        assert patient.probed == 0

    def test_a_runner_that_was_switched_off_says_so(
        self, client: Client, bob: User, cluster: Cluster, project: Project
    ) -> None:
        job = factories.make_job(cluster.project, cluster, runner="local_builtin")
        project.enabled_runners = ["local_scripted"]
        project.save()
        client.force_login(bob)
        fragment = text(client, reverse("job_runner", args=[job.pk]))
        assert "could not run now" in fragment
        assert "switched it off" in fragment

    def test_the_menu_offers_models_and_only_enabled_runners(
        self, client: Client, bob: User, cluster: Cluster, project: Project
    ) -> None:
        factories.make_plan(cluster, approved_by=bob)
        client.force_login(bob)
        page = text(client, reverse("cluster", args=[cluster.pk]))
        assert '<datalist id="models-local_builtin"><option value="anthropic:' in page
        project.enabled_runners = ["local_scripted"]
        project.save()
        page = text(client, reverse("cluster", args=[cluster.pk]))
        assert 'value="local_builtin"' not in page
        assert "Others are switched off" in page

    def test_the_form_starts_with_the_model(
        self, client: Client, bob: User, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("agents.queue.run_job", lambda _job: None)
        factories.make_plan(cluster, approved_by=bob)
        credentials.add(bob, bob, "anthropic", OWN)
        client.force_login(bob)
        url = reverse("start_fix", args=[cluster.pk])
        sent = {"runner": "local_builtin", "model": "moon:x"}
        assert (
            "Write the model as provider:name"
            in client.post(url, sent, follow=True).content.decode()
        )
        client.post(url, {**sent, "model": "anthropic:claude-opus-5"})
        job = cluster.jobs.get()
        assert job.model == "anthropic:claude-opus-5"
        assert "anthropic:claude-opus-5" in text(client, reverse("job", args=[job.pk]))

    @pytest.mark.parametrize("name", ["cluster_runner", "job_runner"])
    def test_who_may_look(
        self, client: Client, carol: User, mallory: User, cluster: Cluster, name: str
    ) -> None:
        job = factories.make_job(cluster.project, cluster, runner="local_scripted")
        address = reverse(name, args=[cluster.pk if name == "cluster_runner" else job.pk])
        assert client.get(address).status_code == 302
        client.force_login(carol)
        assert client.get(address).status_code == 200
        assert client.post(address).status_code == 405
        client.force_login(mallory)
        assert client.get(address).status_code == 404
