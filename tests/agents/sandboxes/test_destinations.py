"""Which places a list allows, and which addresses nobody may reach."""

from __future__ import annotations

import pytest

from agents.sandboxes.supervisor.destinations import Destinations, host_name, is_allowed
from agents.sandboxes.supervisor.spec import RunDestination
from tests.agents.sandboxes.addresses import NEVER, PRIVATE, PUBLIC
from tests.agents.sandboxes.servers import listed


@pytest.mark.parametrize(
    ("entry", "host", "port", "found"),
    [
        (listed("example.org"), "example.org", 443, True),
        (listed("example.org"), "example.org", 80, True),
        (listed("example.org"), "example.org", 8080, False),
        (listed("Example.ORG.", 8080), "example.org", 8080, True),
        (listed("example.org", 8080), "example.org", 443, False),
        (listed("example.org"), "www.example.org", 443, False),
        (listed("*.example.org"), "a.b.example.org", 443, True),
        (listed("*.example.org"), "example.org", 443, False),
        (listed("*.example.org"), "badexample.org", 443, False),
        (listed("*.1"), "10.0.0.1", 443, False),
        (listed("2606:4700::1111"), "2606:4700:0::1111", 443, True),
    ],
)
def test_a_place_is_found_by_its_exact_host_or_what_it_lies_below(
    entry: RunDestination, host: str, port: int, found: bool
) -> None:
    assert bool(Destinations([entry]).find(host_name(host), port)) is found


@pytest.mark.parametrize(
    "host", ["", ".", "a..b", "-a", "a b", "a/b", "ä.example", "[::1", "a" * 64]
)
def test_what_is_no_name_is_no_host(host: str) -> None:
    with pytest.raises(ValueError):
        host_name(host)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_for_trusted_places_only(address: str) -> None:
    assert not is_allowed(address, trusted=False)
    assert is_allowed(address, trusted=True)


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_for_nobody(address: str) -> None:
    assert not is_allowed(address, trusted=True)


def test_a_public_address_is_for_everybody_on_the_list() -> None:
    assert is_allowed(PUBLIC, trusted=False)
    assert is_allowed("2606:4700::1111", trusted=False)
