"""Choosing a runner and a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from agents import wiring
from agents.models import Job
from agents.runners.builtin import BuiltinRunner
from agents.runners.entry import model_choice
from agents.runners.models import ModelChoice
from agents.services import jobs, runners
from clusters.models import Cluster, Project
from credentials.errors import Conflict, Invalid
from credentials.models import Credential, Team, User
from credentials.services import credentials
from tests import factories

OWN = "sk-ant-canary-own-0f3b77c1"
OLLAMA = "http://203.0.113.9:11434"


@pytest.fixture(autouse=True)
def nothing_of_the_operator(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MODEL = ""
    settings.MODEL_KEYS = dict.fromkeys(settings.MODEL_KEYS, "")
    settings.MODEL_BASE_URLS = {}
    settings.CODING_AGENT_RUNNER = "local_builtin"
    settings.PRIVATE_ADDRESSES = True
    monkeypatch.setattr("agents.queue.run_job", lambda _job: None)


@pytest.fixture
def planned(cluster: Cluster, alice: User) -> Cluster:
    factories.make_plan(cluster, approved_by=alice)
    return cluster


@pytest.fixture
def own(bob: User) -> Credential:
    return credentials.add(bob, bob, "anthropic", OWN)


def refused(user: User, project: Project, name: str = "", model: str = "") -> Conflict:
    with pytest.raises(Conflict) as caught:
        runners.choose(name, user, project.team, project=project, model=model)
    return caught.value


class TestWhichRunner:
    def test_the_projects_choice_goes_before_the_platforms(
        self, bob: User, project: Project
    ) -> None:
        assert runners.active(bob, project).name == "local_builtin"
        project.runner = "local_scripted"
        assert runners.active(bob, project).name == "local_scripted"
        assert runners.choose("", bob, project.team, project=project).name == "local_scripted"

    def test_without_a_list_every_runner_can_be_chosen(self, bob: User, project: Project) -> None:
        assert len(runners.available(bob, project.team, project)) == len(
            runners.available(bob, project.team)
        )

    def test_only_enabled_ones_are_offered(self, bob: User, project: Project) -> None:
        project.enabled_runners = ["local_scripted"]
        offered = runners.available(bob, project.team, project)
        assert [info.name for info in offered] == ["local_scripted"]

    @pytest.mark.parametrize("name", ["local_builtin", ""])
    def test_a_disabled_one_is_refused_and_others_offered(
        self, bob: User, project: Project, name: str
    ) -> None:
        project.enabled_runners = ["local_scripted"]
        error = refused(bob, project, name)
        assert error.code == "runner_disabled"
        assert [each["name"] for each in error.extra["runners"]] == ["local_scripted"]

    def test_an_unknown_one_is_refused(self, bob: User, project: Project) -> None:
        assert refused(bob, project, "moon_kilo").code == "runner_not_configured"
        assert not runners.named("moon_kilo", bob, project.team).configured

    def test_what_is_missing_is_told_with_how_to_get_it(
        self, bob: User, project: Project, settings: Settings, tmp_path: Path
    ) -> None:
        settings.AGENT_PROGRAMS = tmp_path
        info = runners.named("local_claude", bob, project.team)
        assert "no key for a model of Anthropic" in info.reason
        assert "Settings, Keys" in info.remedy

    def test_a_missing_program_comes_with_the_command(
        self, bob: User, own: Credential, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("agents.runners.programs.find", lambda *_: None)
        info = runners.named("local_claude", bob, project.team)
        assert info.reason == "The program claude is not installed on this machine."
        assert "`bin/manage runner install claude`" in info.remedy


class TestWhichModel:
    def test_a_job_keeps_the_model_and_works_with_it(
        self, bob: User, own: Credential, planned: Cluster
    ) -> None:
        job, _ = jobs.start_fix(bob, planned, model=" anthropic:claude-opus-5 ")
        assert job.model == "anthropic:claude-opus-5"
        ready = wiring.prepare(
            job.runner, user=bob, team=planned.project.team, job=job.pk, model=job.model
        )
        assert isinstance(ready.runner, BuiltinRunner)
        assert runners.named(job.runner, bob, planned.project.team, job.model).model == job.model

    def test_a_retry_keeps_it(self, bob: User, own: Credential, planned: Cluster) -> None:
        first, _ = jobs.start_fix(bob, planned, model="anthropic:claude-opus-5")
        jobs.cancel(bob, first)
        assert jobs.retry(bob, first)[0].model == "anthropic:claude-opus-5"

    @pytest.mark.parametrize(
        ("runner", "model"),
        [
            ("local_builtin", "claude-opus-5"),
            ("local_builtin", "anthropic:"),
            ("local_builtin", ":x"),
            ("local_builtin", "moon:x"),
            ("local_builtin", "anthropic:a b"),
            ("local_builtin", "anthropic:--flag\n"),
            ("local_builtin", "anthropic:-flag"),
            ("local_builtin", "anthropic:" + "x" * 90),
            ("local_builtin", "github:x"),
            ("local_claude", "openai:gpt-5.4"),
            ("local_scripted", "anthropic:claude-opus-5"),
        ],
    )
    def test_one_that_the_runner_cannot_work_with_is_refused(
        self, bob: User, own: Credential, planned: Cluster, runner: str, model: str
    ) -> None:
        with pytest.raises(Invalid) as caught:
            jobs.start_fix(bob, planned, runner=runner, model=model)
        assert (caught.value.code, list(caught.value.fields)) == ("model_invalid", ["model"])
        assert not Job.objects.exists()

    def test_one_without_a_key_is_refused(
        self, bob: User, own: Credential, project: Project
    ) -> None:
        error = refused(bob, project, "local_builtin", "openai:gpt-5.4")
        assert error.code == "runner_not_configured"
        assert "There is no key for a model" in error.message
        assert "OPENAI_API_KEY" in error.message

    def test_one_of_another_provider_than_the_chosen_key_is_refused(
        self, bob: User, own: Credential, planned: Cluster
    ) -> None:
        credentials.add(bob, bob, "openai", "sk-proj-canary-openai-4c11")
        with pytest.raises(Invalid, match="cannot be opened with the chosen key"):
            jobs.start_fix(bob, planned, model="openai:gpt-5.4", credential=own.pk)

    def test_the_operators_key_is_only_for_the_provider_that_the_operator_named(
        self, bob: User, team: Team, project: Project, settings: Settings
    ) -> None:
        settings.MODEL_KEYS = {**settings.MODEL_KEYS, "openai": OWN, "anthropic": OWN}
        settings.MODEL = "anthropic:claude-sonnet-5"
        error = refused(bob, project, "local_builtin", "openai:gpt-5.4")
        assert error.code == "runner_not_configured"
        ready = wiring.prepare("local_builtin", user=bob, team=team, job=1, model="openai:gpt-5.4")
        assert (ready.runner, ready.revealed) == (None, [])
        assert runners.choose(
            "local_builtin", bob, team, project=project, model="anthropic:claude-opus-5"
        ).configured

    def test_a_model_that_slipped_through_is_a_problem_and_no_crash(
        self, bob: User, own: Credential, team: Team
    ) -> None:
        ready = wiring.prepare("local_builtin", user=bob, team=team, job=1, model="moon:x")
        assert (ready.runner, ready.revealed) == (None, [])
        assert "moon:x" in ready.problem

    def test_suggestions_begin_with_the_operators_wish(self, settings: Settings) -> None:
        settings.MODEL = "openai:gpt-6"
        suggested = runners.suggested_models("local_builtin")
        assert suggested[0] == "openai:gpt-6"
        assert "anthropic:claude-sonnet-5" in suggested
        assert all(
            each.startswith("anthropic:") for each in runners.suggested_models("local_claude")
        )
        assert runners.suggested_models("local_scripted") == []
        assert runners.suggested_models("moon_kilo") == []


class TestOllama:
    """An address opens it, there is no key, and somebody has to name the model."""

    @pytest.fixture
    def ollama(self, bob: User) -> Credential:
        return credentials.add(bob, bob, "ollama", OLLAMA)

    def values(self, monkeypatch: pytest.MonkeyPatch, bob: User, team: Team) -> dict[str, str]:
        """What the built-in agent is made from."""
        made: list[tuple[str, ...]] = []
        monkeypatch.setattr(
            "agents.runners.registry.model_factory", lambda *given: made.append(given)
        )
        wiring.prepare("local_builtin", user=bob, team=team, job=1, model="ollama:qwen3-coder")
        ((model, key, base_url),) = made
        return {"model": model, "key": key, "base_url": base_url}

    def test_an_address_becomes_one_of_its_protocol_without_a_key(
        self, bob: User, team: Team, ollama: Credential, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.values(monkeypatch, bob, team) == {
            "model": "ollama:qwen3-coder",
            "key": "",
            "base_url": f"{OLLAMA}/v1",
        }

    def test_it_can_be_chosen_by_naming_a_model(
        self, bob: User, planned: Cluster, ollama: Credential
    ) -> None:
        info = runners.named("local_builtin", bob, planned.project.team)
        assert info.needs_model
        assert "Name one" in info.remedy
        job, _ = jobs.start_fix(bob, planned, model="ollama:qwen3-coder")
        assert job.model == "ollama:qwen3-coder"

    def test_its_address_is_no_secret(self, bob: User, team: Team, ollama: Credential) -> None:
        ready = wiring.prepare("local_builtin", user=bob, team=team, job=1, model="ollama:x")
        assert wiring.scrubber(ready.revealed).scrub(f"asked {OLLAMA}") == f"asked {OLLAMA}"

    def test_the_operators_is_for_everybody(
        self, bob: User, team: Team, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.MODEL_BASE_URLS = {"ollama": "http://localhost:11434"}
        settings.MODEL = "ollama:qwen3-coder"
        settings.PRIVATE_ADDRESSES = False
        assert runners.named("local_builtin", bob, team).model == "ollama:qwen3-coder"
        assert self.values(monkeypatch, bob, team)["base_url"] == "http://localhost:11434/v1"

    def test_a_persons_address_that_leads_inside_is_not_asked(
        self, bob: User, team: Team, ollama: Credential, settings: Settings
    ) -> None:
        settings.PRIVATE_ADDRESSES = True
        credentials.replace(bob, ollama.pk, "http://localhost:11434")
        settings.PRIVATE_ADDRESSES = False  # the operator closed it again
        ready = wiring.prepare("local_builtin", user=bob, team=team, job=1, model="ollama:x")
        assert ready.runner is None
        assert "private network" in ready.problem


@pytest.mark.parametrize(
    ("private", "operators", "trusted"),
    [(False, "", False), (True, "", True), (False, "https://gateway.example", True)],
)
def test_an_address_is_trusted_when_the_operator_stands_for_it(
    bob: User,
    team: Team,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    private: bool,
    operators: str,
    trusted: bool,
) -> None:
    settings.PRIVATE_ADDRESSES = private
    settings.MODEL_BASE_URLS = {"anthropic": operators}
    credentials.add(bob, bob, "anthropic", OWN, base_url="https://gateway.example")
    monkeypatch.setattr("agents.runners.programs.find", lambda *_: Path("/opt/claude"))
    seen: list[bool] = []

    def choice(values: Mapping[str, str]) -> ModelChoice:
        seen.append(model_choice(values).trusted)
        return model_choice(values)

    monkeypatch.setattr("agents.runners.entry.model_choice", choice)
    wiring.prepare("local_claude", user=bob, team=team, job=1)
    assert seen == [trusted]
