"""Which model an agent talks to, and where that is."""

from __future__ import annotations

import pytest

from agents.runners.models import ModelChoice, UnusableModel
from agents.sandboxes.base import Destination


@pytest.mark.parametrize(
    ("provider", "base_url", "address", "destination"),
    [
        ("anthropic", "", "https://api.anthropic.com", Destination("api.anthropic.com", 443)),
        ("openai", "http://g.example/v1/", "http://g.example/v1", Destination("g.example", 80)),
        ("ollama", "http://box:11434", "http://box:11434/v1", Destination("box", 11434)),
        ("ollama", "http://box:11434/", "http://box:11434/v1", Destination("box", 11434)),
        ("ollama", "http://box:11434/v1", "http://box:11434/v1", Destination("box", 11434)),
        (
            "ollama",
            "https://box.example/o/v1",
            "https://box.example/o/v1",
            Destination("box.example", 443),
        ),
    ],
)
def test_the_address_gives_the_destination(
    provider: str, base_url: str, address: str, destination: Destination
) -> None:
    model = ModelChoice(provider, "some", base_url=base_url)
    assert (model.address, model.destination) == (address, destination)


def test_only_the_operator_is_trusted() -> None:
    assert ModelChoice("ollama", "some", trusted=True).destination.trusted
    assert not ModelChoice("ollama", "some").destination.trusted


@pytest.mark.parametrize("base_url", ["ftp://x", "localhost", "http://", "http://x:99999"])
def test_what_is_no_address_is_refused(base_url: str) -> None:
    with pytest.raises(UnusableModel):
        _ = ModelChoice("openai", "some", base_url=base_url).destination


def test_a_provider_without_an_address_is_refused() -> None:
    with pytest.raises(UnusableModel):
        _ = ModelChoice("nobody", "some").address


def test_a_key_is_not_shown() -> None:
    assert "secret" not in repr(ModelChoice("openai", "some", key="secret"))
