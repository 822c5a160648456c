"""Providers are found by name; other packages may add names, never take ours."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from agents.sandboxes import registry
from agents.sandboxes.base import SandboxError
from agents.sandboxes.local import LocalProvider


@pytest.fixture
def third_party(monkeypatch: pytest.MonkeyPatch) -> None:
    def entry_points(*, group: str) -> EntryPoints:
        assert group == "soulcaster.sandboxes"
        return EntryPoints(
            [
                EntryPoint("moon", "collections:OrderedDict", group),
                EntryPoint("local", "collections:OrderedDict", group),
            ]
        )

    monkeypatch.setattr(registry, "entry_points", entry_points)


def test_the_local_provider_is_found() -> None:
    assert registry.factory("local") is LocalProvider


def test_a_provider_of_another_package_is_found(third_party: None) -> None:
    assert {"local", "moon"} <= set(registry.names())
    assert registry.factory("moon").__name__ == "OrderedDict"


def test_our_names_cannot_be_taken_over(third_party: None) -> None:
    assert registry.factory("local") is LocalProvider


def test_an_unknown_name_is_refused_with_the_known_ones(third_party: None) -> None:
    with pytest.raises(SandboxError, match=r"local.*moon"):
        registry.factory("mars")
