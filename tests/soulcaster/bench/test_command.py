"""`manage.py bench`, small: that it runs, tells, and leaves nothing behind."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from clusters.models import Cluster
from credentials.models import User
from soulcaster.bench import databases, jobs, lists, paint
from soulcaster.bench.report import Options
from soulcaster.bench.work import Work, unpack_pytest
from soulcaster.management.commands.bench import NAMES


def bench(*arguments: str) -> str:
    """What it prints, without the progress."""
    out = io.StringIO()
    call_command("bench", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def measured(*arguments: str) -> dict[str, Any]:
    """Its figures by name."""
    answer = json.loads(bench(*arguments, "--json"))
    return {figure["name"]: figure for each in answer["benchmarks"].values() for figure in each}


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["lists", "--rounds", "0"]])
def test_what_it_does_not_know_it_refuses(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        bench(*arguments)


def test_it_loads_what_it_is_asked_for_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    class Nothing:
        @staticmethod
        def run(options: Options) -> list[Any]:
            return []

    def load(name: str) -> type[Nothing]:
        loaded.append(name)
        return Nothing

    monkeypatch.setattr("soulcaster.management.commands.bench.import_module", load)
    monkeypatch.setattr("soulcaster.bench.report.database", lambda: "none")
    bench(*NAMES)
    assert loaded == [f"soulcaster.bench.{name}" for name in NAMES]


def test_a_signal_ends_it_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    tidied: list[str] = []

    class Long:
        @staticmethod
        def run(options: Options) -> list[Any]:
            try:
                signal.raise_signal(signal.SIGTERM)
                pytest.fail("It goes on.")
            finally:
                tidied.append("tidied")

    monkeypatch.setattr("soulcaster.management.commands.bench.import_module", lambda name: Long)
    monkeypatch.setattr("soulcaster.bench.report.database", lambda: "none")
    with pytest.raises(CommandError, match="Stopped"):
        bench("lists")
    assert tidied == ["tidied"]


@pytest.mark.slow
@pytest.mark.django_db
def test_lists_are_measured_on_databases_of_their_own(
    monkeypatch: pytest.MonkeyPatch, cluster: Cluster
) -> None:
    monkeypatch.setattr(lists, "SMALL", 60)
    monkeypatch.setattr(lists, "QUICK", 120)
    monkeypatch.setattr(lists, "REQUESTS", 1)
    figures = measured("lists", "--quick", "--rounds", "1")
    assert {"inbox", "inbox, deep", "jobs, by status", "clusters API, search"} <= {*figures}
    assert figures["lists whose number of queries depends on size"]["value"] == 0
    assert list(Cluster.objects.all()) == [cluster]  # ours again, and as it was


@pytest.mark.slow
@pytest.mark.django_db
def test_paint_tells_people_how_long_and_how_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paint, "REQUESTS", 1)
    table = bench("paint", "--quick", "--rounds", "1")
    assert "inbox, first byte" in table
    assert re.search(r"cluster, queries +\d+ +\d+ +at most 20 +ok", table)
    assert "cores" in table


@pytest.mark.django_db
def test_a_throw_away_database_is_another_one_and_goes(tmp_path: Path, alice: User) -> None:
    with databases.made(tmp_path) as database, database.used():
        assert not User.objects.exists()
        User.objects.create_user("somebody")
        name = connection.settings_dict["NAME"]
    assert list(User.objects.all()) == [alice]
    with pytest.raises(OperationalError), database.used():
        User.objects.count()
    assert name == database.name


@pytest.mark.slow
@pytest.mark.parametrize("with_pytest", [True, False])
def test_the_script_does_the_work(tmp_path: Path, with_pytest: bool) -> None:
    work = Work(0, with_pytest=with_pytest)
    repository = work.make_repository(tmp_path / "repository")
    place = tmp_path / "1"
    place.mkdir()
    took = work.run_script(repository, place, unpack_pytest(tmp_path / "pytest"))
    assert [*took] == ["checkout", "baseline", "agent", "verify", "publish"]
    pushed = subprocess.run(
        ["git", "show", "fix-1:till/price.py"], cwd=repository, capture_output=True, check=True
    )
    assert b"divmod" in pushed.stdout


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_jobs_are_measured_in_a_product_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "QUICK_QUEUED", 3)
    figures = measured("jobs", "--quick", "--rounds", "1")
    assert figures["a job"]["value"] > figures["of these, agent"]["value"]
    assert figures["jobs per minute"]["value"] > 0
