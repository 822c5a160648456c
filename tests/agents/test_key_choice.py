"""Which key a job works with: the one that was chosen, then the person's own, then the team's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from agents import wiring
from agents.execute.run import run
from agents.models import Job
from agents.runners.builtin import BuiltinRunner
from agents.sandboxes.base import SandboxError
from agents.services import jobs
from clusters import wiring as clusters_wiring
from clusters.models import Cluster
from credentials.errors import Invalid
from credentials.models import Credential, CredentialUse, Team, User
from credentials.services import credentials
from tests import factories

RUNNER = "local_builtin"
OWN = "sk-ant-canary-own-0f3b77c1"
TEAMS = "sk-ant-canary-team-91d2e8aa"
OPENAI = "sk-proj-canary-openai-4c11"


@pytest.fixture(autouse=True)
def no_operators_model(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MODEL = ""
    settings.MODEL_KEYS = dict.fromkeys(settings.MODEL_KEYS, "")
    settings.MODEL_BASE_URLS = {}
    monkeypatch.setattr("agents.queue.run_job", lambda _job: None)


@pytest.fixture
def own(bob: User) -> Credential:
    return credentials.add(bob, bob, "anthropic", OWN)


@pytest.fixture
def teams(alice: User, team: Team) -> Credential:
    return credentials.add(alice, team, "anthropic", TEAMS)


@pytest.fixture
def planned(cluster: Cluster, alice: User) -> Cluster:
    factories.make_plan(cluster, approved_by=alice)
    return cluster


def start(person: User, planned: Cluster, key: Credential | None, runner: str = RUNNER) -> Job:
    job, created = jobs.start_fix(
        person, planned, runner=runner, credential=key.pk if key else None
    )
    assert created
    return job


def prepared(job: Job) -> wiring.Prepared:
    return wiring.prepare(
        job.runner,
        user=job.requested_by,
        team=job.project.team,
        job=job.pk,
        chosen=job.credential_id,
    )


def refused(person: User, planned: Cluster, key: int, runner: str = RUNNER) -> Invalid:
    with pytest.raises(Invalid) as caught:
        jobs.start_fix(person, planned, runner=runner, credential=key)
    assert not Job.objects.exists()
    return caught.value


@pytest.mark.parametrize("choice", ["own", "teams", ""])
def test_the_chosen_key_goes_before_all_others(
    bob: User, planned: Cluster, own: Credential, teams: Credential, choice: str
) -> None:
    key = {"own": own, "teams": teams}.get(choice)
    job = start(bob, planned, key)
    assert job.credential == key
    (used,) = prepared(job).revealed
    assert used.credential_id == (key or own).pk
    assert list(CredentialUse.objects.values_list("credential", "job_id")) == [
        ((key or own).pk, job.pk)
    ]


def test_the_model_follows_the_key_that_was_chosen(
    bob: User, planned: Cluster, own: Credential, settings: Settings
) -> None:
    settings.MODEL = "anthropic:some-model"
    key = credentials.add(bob, bob, "openai", OPENAI)
    ready = prepared(start(bob, planned, key))
    assert isinstance(ready.runner, BuiltinRunner)
    assert [revealed.secret for revealed in ready.revealed] == [OPENAI]
    names = [clusters_wiring.model_name(bob, None, chosen) for chosen in ("openai", "anthropic")]
    assert [name.partition(":")[0] for name in names] == ["openai", "anthropic"]
    assert names[1] == settings.MODEL


def test_keys_of_others_are_refused_as_if_they_were_not_there(
    alice: User, bob: User, mallory: User, planned: Cluster, own: Credential
) -> None:
    elsewhere = factories.make_team("Bob's other team", owner=bob)
    others = [
        credentials.add(alice, alice, "anthropic", TEAMS),
        credentials.add(mallory, mallory, "anthropic", TEAMS),
        credentials.add(bob, elsewhere, "anthropic", TEAMS),  # his, but not this project's
    ]
    told = {str(refused(bob, planned, key.pk)) for key in others}
    unknown = refused(bob, planned, 2**70)
    assert told == {str(unknown)}
    assert (unknown.code, unknown.status) == ("credential_unknown", 400)


def test_a_revoked_key_and_an_expired_one_are_refused(
    bob: User, planned: Cluster, own: Credential, teams: Credential
) -> None:
    credentials.revoke(bob, own.pk)
    past = timezone.now() - timedelta(minutes=1)
    Credential.objects.filter(pk=teams.pk).update(expires_at=past)
    assert refused(bob, planned, own.pk).code == "credential_unknown"
    assert refused(bob, planned, teams.pk).code == "credential_unknown"


@pytest.mark.parametrize("runner", ["local_builtin", "local_scripted"])
def test_a_key_that_the_runner_cannot_work_with_is_refused(
    bob: User, planned: Cluster, own: Credential, runner: str
) -> None:
    fitting = own if runner == "local_scripted" else credentials.add(bob, bob, "slack", "xoxb-1234")
    assert refused(bob, planned, fitting.pk, runner).code == "credential_unknown"


@pytest.mark.django_db(transaction=True)
def test_a_worker_works_with_the_key_that_was_chosen(
    bob: User,
    planned: Cluster,
    own: Credential,
    teams: Credential,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(*_: object) -> None:
        raise SandboxError("Far enough.")

    monkeypatch.setattr(wiring, "sandbox_provider", stop)
    job = start(bob, planned, teams)
    run(job.pk)
    assert list(CredentialUse.objects.values_list("credential", "job_id")) == [(teams.pk, job.pk)]


def test_nothing_takes_the_place_of_a_chosen_key_that_was_revoked_meanwhile(
    bob: User, planned: Cluster, own: Credential, teams: Credential
) -> None:
    job = start(bob, planned, own)
    credentials.revoke(bob, own.pk)
    ready = prepared(job)
    assert (ready.runner, ready.revealed) == (None, [])
    assert "start it again with another" in ready.problem
    assert not CredentialUse.objects.exists()


def test_a_retry_keeps_ones_own_choice_and_nobody_elses(
    alice: User, bob: User, planned: Cluster, own: Credential, teams: Credential
) -> None:
    first = jobs.cancel(bob, start(bob, planned, own))
    by_bob, _ = jobs.retry(bob, first)
    assert by_bob.credential == own
    jobs.cancel(bob, by_bob)
    by_alice, _ = jobs.retry(alice, first)
    assert by_alice.credential is None
    (used,) = prepared(by_alice).revealed
    assert used.credential_id == teams.pk


def test_the_api_takes_a_key(
    bob: User, mallory: User, planned: Cluster, own: Credential, teams: Credential
) -> None:
    foreign = credentials.add(mallory, mallory, "anthropic", OWN)
    client = APIClient()
    client.force_authenticate(bob)
    url = f"/api/clusters/{planned.pk}/start_fix"
    for given in (foreign.pk, 10**30, -1):
        answer = client.post(url, {"runner": RUNNER, "credential": given}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "credential_unknown")
    answer = client.post(url, {"runner": RUNNER, "credential": teams.pk}, format="json")
    assert answer.status_code == 202
    assert Job.objects.get().credential == teams


class TestPages:
    @pytest.fixture
    def bobs(self, client: Client, bob: User) -> Client:
        client.force_login(bob)
        return client

    def _menu(self, bobs: Client, planned: Cluster) -> str:
        return bobs.get(reverse("cluster", args=[planned.pk])).content.decode()

    def test_a_single_key_is_no_choice(
        self, bobs: Client, planned: Cluster, own: Credential
    ) -> None:
        assert 'name="credential"' not in self._menu(bobs, planned)

    def test_the_menu_offers_what_would_do(
        self, bobs: Client, planned: Cluster, own: Credential, teams: Credential, mallory: User
    ) -> None:
        foreign = credentials.add(mallory, mallory, "anthropic", TEAMS)
        page = self._menu(bobs, planned)
        assert f'<option value="{own.pk}">Anthropic …77c1, yours</option>' in page
        assert f'<option value="{teams.pk}">Anthropic …e8aa, the team\'s</option>' in page
        assert f'<option value="{foreign.pk}"' not in page

    def test_the_form_starts_with_the_chosen_key(
        self, bobs: Client, planned: Cluster, own: Credential, teams: Credential
    ) -> None:
        url = reverse("start_fix", args=[planned.pk])
        for nonsense in ("x", "²", "9" * 5_000, "-1"):
            answer = bobs.post(url, {"runner": RUNNER, "credential": nonsense}, follow=True)
            assert "There is no such key" in answer.content.decode()
        bobs.post(url, {"runner": RUNNER, "credential": str(teams.pk)})
        assert Job.objects.get().credential == teams

    def test_the_job_s_page_says_which_key_it_used(
        self, bobs: Client, bob: User, carol: User, planned: Cluster, own: Credential
    ) -> None:
        job = start(bob, planned, None)
        url = reverse("job", args=[job.pk])
        assert "Anthropic" not in bobs.get(url).content.decode()
        prepared(job)
        assert "Anthropic …77c1, yours" in bobs.get(url).content.decode()
        bobs.force_login(carol)
        page = bobs.get(url).content.decode()
        assert "Anthropic, bob&#x27;s own" in page
        assert "77c1" not in page

    def test_a_chosen_key_is_told_before_it_is_used(
        self, bobs: Client, bob: User, planned: Cluster, own: Credential, teams: Credential
    ) -> None:
        job = start(bob, planned, teams)
        page = bobs.get(reverse("job", args=[job.pk])).content.decode()
        assert "Anthropic …e8aa, the team&#x27;s" in page
