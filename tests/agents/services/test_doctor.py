"""What the doctor finds."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.core.cache import cache
from django.db import DatabaseError
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from agents import wiring
from agents.sandboxes.base import Isolation
from agents.services import checkups, doctor, installation, runners, trying
from agents.services.findings import Line, State
from clusters.models import FeedbackItem, Project
from credentials.models import Credential, CredentialUse, Team, User
from credentials.services import credentials
from tests import factories
from tests.agents.services.doctoring import Patient

OWN = "sk-ant-canary-own-0f3b77c1"


@pytest.fixture(autouse=True)
def nothing_of_the_operator(settings: Settings) -> Iterator[None]:
    settings.MODEL = ""
    settings.MODEL_KEYS = dict.fromkeys(settings.MODEL_KEYS, "")
    settings.MODEL_BASE_URLS = {}
    settings.CODING_AGENT_RUNNER = "local_scripted"
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Patient:
    """What every sandbox is, instead of one of this machine."""
    patient = Patient()
    monkeypatch.setattr(wiring, "sandbox_provider", lambda *_: wiring.Sandboxes(patient))
    return patient


@pytest.fixture
def claude(bob: User, monkeypatch: pytest.MonkeyPatch) -> Credential:
    """Claude Code is installed and bob has a key for it."""
    monkeypatch.setattr("agents.runners.programs.find", lambda *_: Path("/opt/claude"))
    return credentials.add(bob, bob, "anthropic", OWN)


def found(user: User | None = None, team: Team | None = None) -> dict[str, Line]:
    return {line.name: line for line in doctor.look("local", user, team)}


class TestSandbox:
    def test_one_that_works_says_how_it_isolates(self, db: None, patient: Patient) -> None:
        line = found()["local"]
        assert line.state is State.OK
        assert "isolated by namespaces" in line.sentence
        assert patient.probed == 1

    def test_one_without_isolation_is_a_warning_with_a_remedy(
        self, db: None, patient: Patient
    ) -> None:
        patient.isolation = Isolation.NONE
        line = found()["local"]
        assert line.state is State.WARNING
        assert "not isolated" in line.sentence
        assert "bubblewrap" in line.remedy

    def test_it_says_why_it_is_not_a_stronger_one(self, db: None, patient: Patient) -> None:
        patient.isolation = Isolation.LANDLOCK
        patient.failures = {Isolation.NAMESPACES: "the kernel forbids it"}
        assert "Not by namespaces: the kernel forbids it." in found()["local"].sentence

    def test_one_that_fails_takes_its_runners_along(self, db: None, patient: Patient) -> None:
        patient.error = "No disk is left."
        lines = found()
        assert (lines["local"].state, lines["local"].sentence) == (
            State.PROBLEM,
            "No disk is left.",
        )
        assert lines["local_scripted"].state is State.PROBLEM  # the default
        assert "No disk is left." in lines["local_scripted"].sentence

    def test_one_that_hangs_is_given_up(
        self, db: None, patient: Patient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(doctor, "PROBE_SECONDS", 0.2)
        patient.hangs = threading.Event()
        began = time.monotonic()
        try:
            line = found()["local"]
        finally:
            patient.hangs.set()
        assert "did not answer within" in line.sentence
        assert time.monotonic() - began < 3

    def test_a_key_that_is_missing_is_told_before_anything_is_asked(
        self, db: None, patient: Patient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lack = wiring.lacks.Lack("There is no key for E2B.", "Add one.")
        monkeypatch.setattr(wiring, "sandbox_lacks", lambda *_: [lack])
        line = found()["local"]
        assert (line.sentence, line.remedy) == (lack.sentence, lack.remedy)
        assert patient.probed == 0

    @pytest.mark.slow
    def test_the_one_of_this_machine_is_really_tried(self, db: None) -> None:
        assert "A command ran" in found()["local"].sentence


class TestRunner:
    def test_a_program_that_starts_is_named_with_its_version(
        self, bob: User, team: Team, patient: Patient, claude: Credential
    ) -> None:
        patient.says = "2.1.197 (Claude Code)"
        line = found(bob, team)["local_claude"]
        assert line.state is State.OK
        assert "claude 2.1.197 starts in the sandbox" in line.sentence
        assert "anthropic:claude-sonnet-5" in line.sentence
        assert patient.closed == patient.created >= 1

    def test_another_version_is_told(
        self, bob: User, team: Team, patient: Patient, claude: Credential
    ) -> None:
        patient.says = "9.0.0"
        assert "“9.0.0”, made for 2.1.197" in found(bob, team)["local_claude"].sentence

    def test_one_that_does_not_start_comes_with_the_command(
        self, bob: User, team: Team, patient: Patient, claude: Credential
    ) -> None:
        line = found(bob, team)["local_claude"]
        assert line.state is State.PROBLEM
        assert "cannot execute" in line.sentence
        assert "bin/manage runner install --force claude" in line.remedy
        assert patient.closed == patient.created >= 1

    def test_one_that_is_not_set_up_is_not_started(self, db: None, patient: Patient) -> None:
        found()
        assert patient.created == 0

    def test_elsewhere_one_sandbox_is_enough_for_all(
        self, bob: User, team: Team, patient: Patient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        patient.says = "1.0"
        credentials.add(bob, bob, "anthropic", OWN)
        credentials.add(bob, bob, "e2b", "e2b_1234567890abcdef")
        lines = {line.name: line for line in doctor.look("sandbox", bob, team)}
        assert "claude starts in the sandbox" in lines["sandbox_claude"].sentence
        assert patient.created == 1

    def test_what_a_program_says_is_shown_shortly_and_clean(
        self, bob: User, team: Team, patient: Patient, claude: Credential
    ) -> None:
        patient.says = "\x1b[31m" + "A" * 9_000
        sentence = found(bob, team)["local_claude"].sentence
        assert "\x1b" not in sentence
        assert len(sentence) < 500

    def test_one_without_a_key_is_seen_by_who_has_none(
        self, alice: User, bob: User, team: Team, patient: Patient, claude: Credential
    ) -> None:
        patient.says = "2.1.197"
        assert found(alice, team)["local_claude"].state is State.WARNING
        assert "no key for a model of Anthropic" in found(alice, team)["local_claude"].sentence
        assert found(bob, team)["local_claude"].state is State.OK

    def test_looking_opens_no_key_and_shows_none(
        self, bob: User, team: Team, patient: Patient, claude: Credential
    ) -> None:
        lines = found(bob, team)
        assert not CredentialUse.objects.exists()
        assert OWN not in json.dumps([line.as_dict() for line in lines.values()])

    def test_the_built_in_one_without_a_model_is_a_warning(
        self, db: None, patient: Patient
    ) -> None:
        line = found()["local_builtin"]
        assert line.state is State.WARNING
        assert "Settings, Keys" in line.remedy

    def test_a_program_has_no_more_time_than_this(self) -> None:
        assert trying._SECONDS < doctor.TRY_SECONDS


class TestInstallation:
    def lines(self) -> dict[str, Line]:
        return {line.name: line for line in doctor.look(doctor.INSTALLATION, None, None)}

    def test_without_redis_it_still_answers(self, db: None) -> None:
        lines = self.lines()
        names = ["database", "redis", "worker", "grouping", "mirrors", "disk", "git", "keys"]
        assert list(lines) == names
        assert lines["redis"].state is State.PROBLEM
        for name in ("mirrors", "git", "keys"):
            assert lines[name].state is State.OK, lines[name]

    @pytest.mark.django_db(transaction=True)
    def test_the_database_and_its_migrations(self) -> None:
        assert "no migration is waiting" in self.lines()["database"].sentence

    def test_a_worker_that_beat_reaches(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.lines()["worker"].state is State.PROBLEM
        installation.note_beat()
        assert self.lines()["worker"].state is State.OK
        later = time.time() + 120
        monkeypatch.setattr(time, "time", lambda: later)
        assert "120 seconds ago" in self.lines()["worker"].sentence

    def test_whether_jobs_are_taken(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        assert installation.takes_jobs() is False
        installation.note_beat()
        assert installation.takes_jobs() is True

        def away(*_: object) -> None:
            raise redis.ConnectionError

        monkeypatch.setattr(cache, "get", away)
        assert installation.takes_jobs() is None

    @pytest.mark.django_db(transaction=True)
    def test_reports_that_nobody_groups(self, project: Project) -> None:
        item = factories.make_item(factories.make_source(project))
        assert self.lines()["grouping"].state is State.OK
        FeedbackItem.objects.filter(pk=item.pk).update(received_at=Now() - timedelta(minutes=6))
        assert self.lines()["grouping"].state is State.PROBLEM

    @pytest.mark.django_db(transaction=True)
    def test_an_encoder_that_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("clusters.embedding.minilm.folder", lambda: None)
        line = self.lines()["grouping"]
        assert line.state is State.WARNING
        assert "words alone" in line.sentence

    def test_little_disk(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        for free, state in ((2 * 10**9, State.WARNING), (10**8, State.PROBLEM)):
            monkeypatch.setattr(installation, "_free", lambda _folder, free=free: free)
            assert self.lines()["disk"].state is state

    def test_a_missing_git(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        line = self.lines()["git"]
        assert (line.state, "apt install git" in line.remedy) == (State.PROBLEM, True)

    def test_a_key_ring_that_cannot_be_read(self, db: None, settings: Settings) -> None:
        settings.ENCRYPTION_KEYS = "first:short"
        line = self.lines()["keys"]
        assert line.state is State.WARNING
        assert "short" not in line.sentence

    def test_a_folder_that_cannot_be_written(
        self, db: None, settings: Settings, tmp_path: Path
    ) -> None:
        (tmp_path / "mirrors").write_text("a file in the way")
        settings.HOME = tmp_path
        assert self.lines()["mirrors"].state is State.PROBLEM

    def test_a_default_that_does_not_exist(self, db: None, settings: Settings) -> None:
        settings.CODING_AGENT_RUNNER = "moon_kilo"
        line = self.lines()["moon_kilo"]
        assert line.state is State.PROBLEM
        assert "local_builtin" in line.remedy


def test_a_database_that_is_away_is_a_finding(
    db: None, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(wiring, "runner_infos", away)
    assert "database does not answer" in found()["local"].sentence


def test_operators_see_the_installation_too() -> None:
    assert doctor.parts(operator=True)[0].name == doctor.INSTALLATION
    assert doctor.INSTALLATION not in [part.name for part in doctor.parts(operator=False)]


@pytest.mark.parametrize(
    ("states", "fits"),
    [
        ([State.OK], True),
        ([State.WARNING], True),
        ([State.PROBLEM], False),
        ([State.OK, State.PROBLEM], False),
        ([], False),
    ],
)
def test_the_default_runner_counts(states: list[State], fits: bool) -> None:
    lines = [Line(runners.default(), "x", state, "") for state in states]
    assert doctor.runs([*lines, Line("other", "x", State.PROBLEM, "")]) is fits


class TestCheckups:
    def test_what_was_found_is_kept_for_a_minute_and_for_one_person(
        self, alice: User, bob: User, team: Team, patient: Patient
    ) -> None:
        first = checkups.lines("local", bob, team)
        assert checkups.lines("local", bob, team) == first
        assert patient.probed == 1
        checkups.lines("local", alice, team)
        assert patient.probed == 2

    def test_two_do_not_look_at_once(self, bob: User, team: Team, patient: Patient) -> None:
        cache.add(f"{checkups._key('local', bob, team)}:busy", True)
        assert checkups.lines("local", bob, team) is None
        assert patient.probed == 0

    def test_looking_again_is_for_those_who_wait(
        self, bob: User, team: Team, patient: Patient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        checkups.lines("local", bob, team)
        assert checkups.forget(["local"], bob, team)
        checkups.lines("local", bob, team)
        assert patient.probed == 2
        assert not checkups.forget(["local"], bob, team)
        later = time.time() + 11
        monkeypatch.setattr(time, "time", lambda: later)
        assert checkups.forget(["local"], bob, team)

    def test_without_redis_everything_is_looked_at(
        self, bob: User, team: Team, patient: Patient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: object, **__: object) -> None:
            raise redis.ConnectionError

        for name in ("get", "set", "add", "delete", "delete_many"):
            monkeypatch.setattr(f"agents.services.checkups.cache.{name}", away)
        assert checkups.lines("local", bob, team)
        assert checkups.forget(["local"], bob, team)

    def test_a_runner_is_ready_when_its_sandbox_works(
        self, bob: User, team: Team, patient: Patient
    ) -> None:
        info = runners.named("local_scripted", bob, team)
        assert checkups.runner_state(info, bob, team).state is State.OK
        assert checkups.runner_state(info, bob, team).state is State.OK
        assert patient.probed == 1

    def test_a_runner_is_not_ready_without_its_sandbox(
        self, bob: User, team: Team, patient: Patient
    ) -> None:
        patient.error = "No disk is left."
        info = runners.named("local_scripted", bob, team)
        line = checkups.runner_state(info, bob, team)
        assert line.state is State.PROBLEM
        assert "No disk is left." in line.sentence
