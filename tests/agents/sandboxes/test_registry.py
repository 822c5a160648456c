"""Providers are found by name; other packages may add names, never take ours."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from agents.needs import Need
from agents.sandboxes import registry
from agents.sandboxes.base import SandboxError, SandboxProvider
from agents.sandboxes.local import LocalProvider
from agents.sandboxes.registry import Place, SandboxEntry

THEIRS = "tests.agents.sandboxes.test_registry"


def _on_the_moon(place: Place) -> SandboxProvider:
    raise SandboxError(f"Nobody answers at {place.values['address']}.")


moon = SandboxEntry(
    name="moon",
    title="The moon",
    where="on the moon",
    description="Far away.",
    create=_on_the_moon,
    needs=(Need("address", "Where it is"), Need("region", "Which side", required=False)),
    key="moon",
)
usurper = SandboxEntry("local", "Not us", "elsewhere", "Wants our place.", _on_the_moon)


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Four other packages: a good one, one that wants our name, and two that are broken."""

    def entry_points(*, group: str) -> EntryPoints:
        assert group == "soulcaster.sandboxes"
        return EntryPoints(
            [
                EntryPoint("broken", "no_such_package_of_anybody:entry", group),
                EntryPoint("odd", "collections:OrderedDict", group),
                EntryPoint("usurper", f"{THEIRS}:usurper", group),
                EntryPoint("moon", f"{THEIRS}:moon", group),
            ]
        )

    monkeypatch.setattr(registry, "entry_points", entry_points)
    registry.sandboxes.cache_clear()
    yield
    registry.sandboxes.cache_clear()


def test_the_local_provider_is_made_from_its_place(tmp_path: Path) -> None:
    entry = registry.entry("local")
    provider = entry.create(Place(home=tmp_path, values={"tier": "none"}))

    assert isinstance(provider, LocalProvider)
    assert (provider.name, provider.root) == (entry.name, tmp_path.resolve())
    assert entry.on_this_machine
    assert entry.missing({}) == []


def test_the_isolation_of_the_local_provider_is_a_value_of_its_place(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="magic"):
        registry.entry("local").create(Place(home=tmp_path, values={"tier": "magic"}))


def test_every_entry_is_known_by_its_own_name() -> None:
    assert all(name == entry.name for name, entry in registry.sandboxes().items())
    assert all(entry.title and entry.where for entry in registry.sandboxes().values())


@pytest.mark.usefixtures("packages")
def test_a_provider_of_another_package_is_found_with_what_it_needs(tmp_path: Path) -> None:
    entry = registry.entry("moon")

    assert [need.name for need in entry.missing({})] == ["address"]
    assert entry.missing({"address": "crater 5"}) == []
    with pytest.raises(SandboxError, match="crater 5"):
        entry.create(Place(home=tmp_path, values={"address": "crater 5"}))


@pytest.mark.usefixtures("packages")
def test_our_names_cannot_be_taken_over(tmp_path: Path) -> None:
    assert isinstance(registry.entry("local").create(Place(home=tmp_path)), LocalProvider)


@pytest.mark.usefixtures("packages")
def test_a_broken_package_takes_nothing_with_it_and_is_named_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        names = set(registry.sandboxes())

    assert {"local", "moon"} <= names
    assert not {"broken", "odd", "usurper"} & names
    assert "broken could not be loaded" in caplog.text
    assert "odd is not a SandboxEntry" in caplog.text


@pytest.mark.usefixtures("packages")
def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SandboxError, match=r"'mars'.*local.*moon"):
        registry.entry("mars")


def test_a_place_shows_no_secret_of_its_values(tmp_path: Path) -> None:
    assert "canary" not in repr(Place(home=tmp_path, values={"key": "canary"}))
