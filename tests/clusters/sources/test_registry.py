from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from clusters.sources import registry
from clusters.sources.registry import (
    UnknownSourceError,
    all_sources,
    parser_for,
    pulls,
    pushes,
    source_of,
)
from clusters.sources.text import TextSource
from clusters.sources.webhook import WebhookSource


@pytest.fixture(autouse=True)
def _fresh_registry() -> Iterator[None]:
    _forget()
    yield
    _forget()


def _forget() -> None:
    for each in (all_sources, pushes, pulls):
        each.cache_clear()


def install(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, group: str = registry.GROUP
) -> None:
    entry = EntryPoint(name=name, value=value, group=group)
    monkeypatch.setattr(
        registry, "entry_points", lambda group: [entry] if entry.group == group else []
    )


def test_every_source_carries_the_kind_it_is_found_under() -> None:
    assert {kind: source.kind for kind, source in all_sources().items()} == {
        "api": "api",
        "csv": "csv",
        "jsonl": "jsonl",
        "text": "text",
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.CSV", "csv"), ("b.jsonl", "jsonl"), ("c.json", "jsonl"), ("d.md", "text")],
)
def test_a_file_is_read_by_its_suffix(name: str, kind: str) -> None:
    parser = parser_for(name)
    assert parser is not None
    assert parser.kind == kind


@pytest.mark.parametrize("name", ["report.pdf", "README", ""])
def test_a_file_of_another_type_has_no_parser(name: str) -> None:
    assert parser_for(name) is None


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(UnknownSourceError, match="csv"):
        source_of("fax")


def test_an_installed_source_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "letters", "clusters.sources.text:TextSource")
    assert isinstance(source_of("letters"), TextSource)


def test_an_installed_source_cannot_replace_a_built_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "csv", "clusters.sources.text:TextSource")
    assert source_of("csv").kind == "csv"


def test_a_broken_installed_source_is_logged_and_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    install(monkeypatch, "broken", "clusters.sources.nothing:Nothing")
    assert "broken" not in all_sources()
    assert "could not be loaded" in caplog.text


def test_what_is_told_and_what_is_asked_carry_their_kind_too() -> None:
    for kind, source in (pushes() | pulls()).items():
        assert source.kind == kind
        assert source.label
    assert {"webhook", "sentry", "slack"} <= set(pushes())


def test_a_kind_of_another_package_is_told_by_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    value = "clusters.sources.webhook:WebhookSource"
    install(monkeypatch, "desk", value, registry.PUSH_GROUP)
    assert isinstance(pushes()["desk"], WebhookSource)
    assert "desk" not in all_sources()
    assert "desk" not in pulls()
