from __future__ import annotations

import socket
from typing import Any

import pytest

from credentials import outbound
from credentials.outbound import AddressRefused, Unreachable
from tests.stand_ins.providers import ProviderServer

NEVER = [
    "http://169.254.169.254/",
    "http://[fe80::1]/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://224.0.0.1/",
    "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[fd00:ec2::254]/",
]
PRIVATE = [
    "http://127.0.0.1/",
    "http://127.1.2.3/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://172.16.0.1/",
]


@pytest.mark.parametrize("url", NEVER)
@pytest.mark.parametrize("private", [True, False])
def test_metadata_services_are_never_called(url: str, private: bool) -> None:
    with pytest.raises(AddressRefused):
        outbound.check_address(url, private=private)
    with pytest.raises(AddressRefused):
        outbound.get_checked(url, {}, private=private)


@pytest.mark.parametrize("url", PRIVATE)
def test_private_addresses_are_called_only_when_allowed(url: str) -> None:
    outbound.check_address(url, private=True)
    with pytest.raises(AddressRefused):
        outbound.check_address(url, private=False)
    with pytest.raises(AddressRefused):
        outbound.get_checked(url, {}, private=False)


@pytest.mark.parametrize(
    "spelling", ["http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://localhost/"]
)
def test_other_spellings_of_this_machine_are_seen_through(spelling: str) -> None:
    with pytest.raises((AddressRefused, Unreachable)):
        outbound.get_checked(spelling, {}, private=False)


@pytest.mark.parametrize(
    "url",
    ["", "file:///etc/passwd", "gopher://x/", "http://", "http://x:99999/", "http://ünï.example/"],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        outbound.check_address(url, private=True)


def test_a_name_is_resolved_once_and_the_checked_address_called(
    provider: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    really = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host in {"gateway.example", b"gateway.example"}:
            asked.append("gateway.example")
            host = "127.0.0.1" if len(asked) == 1 else "192.0.2.1"
        return really(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    url = f"http://gateway.example:{provider.server_port}/api/tags"
    assert outbound.get_checked(url, {}, private=True).status == 200
    assert asked == ["gateway.example"]
    assert provider.calls[0][1]["host"] == f"gateway.example:{provider.server_port}"
    with pytest.raises(AddressRefused):
        outbound.get_checked(url, {}, private=False)


def test_a_long_answer_is_cut(provider: ProviderServer) -> None:
    provider.say(200, b"x" * (outbound.MOST_BYTES + 100))
    assert len(outbound.get(provider.url, {}).body) == outbound.MOST_BYTES
