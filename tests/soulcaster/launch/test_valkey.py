"""The embedded Valkey: for this machine alone, with a password, and it forgets nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from soulcaster.launch import processes, valkey
from soulcaster.launch.home import Home
from soulcaster.launch.processes import Hopeless, Supervisor
from tests.soulcaster.launch.waiting import until


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "state with a space")
    home.prepare()
    return home


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    supervisor = Supervisor(lambda text: None)
    yield supervisor
    supervisor.stop()


def test_the_server_of_the_package_is_found() -> None:
    assert os.access(valkey.packaged_server(), os.X_OK)


def test_without_any_server_the_user_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey, "packaged_server", lambda: "")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Hopeless, match="apt install redis-server"):
        valkey.find_server()


def test_it_wants_the_password(home: Home, supervisor: Supervisor) -> None:
    where = valkey.start(home, supervisor)
    once = Retry(NoBackoff(), 0)
    with (
        redis.Redis(port=where.port, retry=once) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()
    with redis.Redis.from_url(where.url) as friend:
        assert friend.ping()


def test_address_and_data_survive_a_restart(home: Home, supervisor: Supervisor) -> None:
    first = valkey.start(home, supervisor)
    with redis.Redis.from_url(first.url) as client:
        client.set("kept", "yes")
    supervisor.stop()
    second = valkey.start(home, supervisor)
    assert second == first
    with redis.Redis.from_url(second.url) as client:
        assert client.get("kept") == b"yes"


def test_after_a_crash_it_answers_at_the_same_address(home: Home, supervisor: Supervisor) -> None:
    where = valkey.start(home, supervisor)
    os.kill(supervisor.pids()["valkey"], signal.SIGKILL)
    until(lambda: not valkey.answers(where))

    def answers_again() -> bool:
        supervisor.check()
        return valkey.answers(where)

    until(answers_again)


def test_its_files_are_for_the_owner_alone(home: Home, supervisor: Supervisor) -> None:
    valkey.start(home, supervisor)
    for name in ("password", "valkey.conf"):
        assert (home.valkey / name).stat().st_mode & 0o077 == 0


def test_a_second_server_never_shares_the_data(
    home: Home, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    valkey.start(home, supervisor)
    monkeypatch.setattr(processes, "LOCK_SECONDS", 0.05)
    with pytest.raises(Hopeless, match="older valkey still uses"):
        valkey.start(home, Supervisor(lambda text: None))
