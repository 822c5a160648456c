"""A provider on this machine, and a person's stored key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from credentials.models import Credential, User
from credentials.services import credentials
from tests.stand_ins.providers import ProviderServer

CANARY = "sk-ant-canary-4f1d0b77e2a94c83"


@pytest.fixture
def provider(settings: Settings) -> Iterator[ProviderServer]:
    """A stand-in for every provider; keys at its address may be stored."""
    settings.PRIVATE_ADDRESSES = True
    with ProviderServer() as server:
        yield server


@pytest.fixture
def own_key(alice: User) -> Credential:
    """Alice's key for Anthropic, which is CANARY."""
    return credentials.add(alice, alice, "anthropic", CANARY)
