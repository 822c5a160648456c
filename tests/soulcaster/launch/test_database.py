"""When the database has to be migrated before anything else may start."""

from __future__ import annotations

from pathlib import Path

import pytest

from soulcaster.launch import database
from soulcaster.launch.database import State
from soulcaster.launch.home import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return Home(tmp_path)


def test_a_home_without_a_database_is_fresh(home: Home) -> None:
    assert database.state(home) is State.FRESH


def test_a_database_that_this_code_migrated_is_current(home: Home) -> None:
    home.database.touch()
    database.remember_migrated(home)
    assert database.state(home) is State.CURRENT


def test_other_migrations_make_it_unknown(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.database.touch()
    database.remember_migrated(home)
    monkeypatch.setattr(database, "fingerprint", lambda: "of newer code")
    assert database.state(home) is State.UNKNOWN


def test_a_server_is_always_asked(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    database.remember_migrated(home)
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/else")
    assert database.state(home) is State.UNKNOWN


def test_the_fingerprint_knows_every_application() -> None:
    names = {path.parts[-3] for path in database.migrations()}
    assert names == {"agents", "clusters", "credentials"}
