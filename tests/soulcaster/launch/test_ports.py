"""A taken port is never a crash."""

from __future__ import annotations

import pytest

from soulcaster.launch import ports


def test_a_taken_port_gives_the_next_free_one() -> None:
    with ports.listen("127.0.0.1", 0) as taken:
        preferred = ports.port_of(taken)
        with ports.listen("127.0.0.1", preferred) as other:
            assert ports.port_of(other) > preferred


def test_a_free_port_is_taken_as_wished() -> None:
    with ports.listen("127.0.0.1", 0) as probe:
        free = ports.port_of(probe)
    with ports.listen("127.0.0.1", free) as server:
        assert ports.port_of(server) == free


def test_free_port_leaves_a_taken_one_alone() -> None:
    with ports.listen("127.0.0.1", 0) as taken:
        assert ports.free_port(ports.port_of(taken)) != ports.port_of(taken)


def test_an_address_of_another_machine_is_refused_in_words() -> None:
    with pytest.raises(OSError, match=r"No port can be opened on 192\.0\.2\.1"):
        ports.listen("192.0.2.1", 0)


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")],
)
def test_the_address_is_one_that_a_browser_can_open(host: str, shown: str) -> None:
    with ports.listen(host, 0) as server:
        assert ports.address_of(server) == f"http://{shown}:{ports.port_of(server)}"
