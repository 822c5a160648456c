"""One folder holds everything, for its owner alone, and one launcher at a time."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from credentials.crypto import KeyRing
from soulcaster.launch.home import CHECKOUT, AlreadyRunning, Home, HomeError, read_or_make_secret


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "state")
    home.prepare()
    return home


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_can_look_into_it(home: Home) -> None:
    assert permissions(home.path) == 0o700
    assert permissions(home.logs) == 0o700
    assert permissions(home.secret_key) == 0o600


def test_a_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Home(tmp_path).prepare()
    assert permissions(tmp_path) == 0o700


def test_the_secret_key_is_long_and_stays(home: Home) -> None:
    first = home.secret_key.read_text()
    home.prepare()
    assert home.secret_key.read_text() == first
    assert len(first) >= 50


def test_the_keys_that_encrypt_are_made_once_for_the_owners_eyes(home: Home) -> None:
    first = home.keys.read_text()
    home.prepare()
    assert home.keys.read_text() == first
    assert permissions(home.keys) == 0o600
    assert KeyRing.from_text(first).first_id == "k1"


def test_two_homes_have_different_secrets(tmp_path: Path) -> None:
    assert read_or_make_secret(tmp_path / "a", 32) != read_or_make_secret(tmp_path / "b", 32)


def test_the_second_launcher_is_told_the_address_of_the_first(home: Home) -> None:
    with home.held() as note:
        note.write({"address": "http://127.0.0.1:8123"})
        with pytest.raises(AlreadyRunning, match=r"runs already at http://127\.0\.0\.1:8123"):
            home.held().__enter__()


def test_the_second_launcher_learns_that_the_first_is_still_starting(home: Home) -> None:
    with home.held(), pytest.raises(AlreadyRunning, match="still starting") as refusal:
        home.held().__enter__()
    assert refusal.value.address == ""


def test_facts_are_gone_when_the_launcher_is(home: Home) -> None:
    with home.held() as note:
        note.write({"address": "http://127.0.0.1:8123", "much": "longer than what follows"})
        note.write({"address": "http://127.0.0.1:9"})
        assert home.facts() == {"address": "http://127.0.0.1:9"}
    assert home.facts() == {}
    with home.held():
        pass


def test_the_lock_file_holds_addresses_with_passwords_so_only_its_owner_reads_it(
    home: Home,
) -> None:
    with home.held():
        assert permissions(home.path / "run.lock") == 0o600


def test_an_option_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SOULCASTER_HOME", str(tmp_path / "environment"))
    assert Home.chosen(str(tmp_path / "option")).path == tmp_path / "option"
    assert Home.chosen().path == tmp_path / "environment"
    monkeypatch.delenv("SOULCASTER_HOME")
    assert Home.chosen().path == CHECKOUT / "var"


def test_a_home_below_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HomeError, match="cannot be written: Not a directory"):
        Home(tmp_path / "file" / "state").prepare()
