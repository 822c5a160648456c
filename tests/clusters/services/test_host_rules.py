"""Which hosts a project may allow."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from clusters.services.projects.hosts import is_private, problem_with, problem_with_name, tidied

METADATA = "169.254.169.254"


@pytest.mark.parametrize(
    "host",
    ["example.com", "*.example.com", "a-b.example.co.uk", "xn--mller-kva.example", "_x.a.de"],
)
def test_public_names_can_be_allowed(host: str) -> None:
    assert problem_with_name(host) == ""


@pytest.mark.parametrize(
    "host",
    [
        "",
        "https://example.com",
        "example.com/path",
        "example.com:8080",
        "user:word@example.com",
        "user@example.com",
        "exa mple.com",
        "example.com\n",
        "example.com\0",
        "ex\u0430mple.com",  # a Cyrillic letter
        "-a.example.com",
        "a..example.com",
        ".example.com",
        "a.*.example.com",
        "*example.com",
        "<script>alert(1)</script>",
        "a" * 64 + ".com",
        "a." * 130 + "com",
    ],
)
def test_what_is_no_name_is_refused_with_what_to_write(host: str) -> None:
    assert "Write only the name" in problem_with({"host": host, "phase": "setup", "port": None})


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.5",
        "127.0.0.1",
        "8.8.8.8",
        METADATA,
        "::1",
        "[::1]",
        "2130706433",
        "127.1",
        "0x7f.1",
        "1.2.0x3",
        "localhost",
        "db",
        "a.localhost",
        "metadata.google.internal",
        "printer.local",
        "*.corp",
        "x.home.arpa",
    ],
)
def test_addresses_and_private_names_need_the_operator(host: str) -> None:
    assert "SOULCASTER_PRIVATE_ADDRESSES" in problem_with_name(host)


def test_the_operator_can_open_the_private_network_but_not_its_metadata(
    settings: Settings,
) -> None:
    settings.PRIVATE_ADDRESSES = True
    for host in ("10.0.0.5", "registry", "ollama.internal", "fd12::1"):
        assert problem_with_name(host) == "", host
    for host in (
        METADATA,
        "fe80::1",
        "0.0.0.0",
        "2130706433",
        "127.1",
        "::1",
        "a.localhost",
        "::ffff:127.0.0.1",
    ):
        assert problem_with_name(host), host


@pytest.mark.parametrize("host", ["*", "*.", "*.com"])
def test_nearly_everything_is_no_list(settings: Settings, host: str) -> None:
    settings.PRIVATE_ADDRESSES = True
    assert problem_with_name(host)


@pytest.mark.parametrize("port", [0, -1, 65_536, "443", True, 1.5])
def test_a_port_is_a_number(port: object) -> None:
    assert "a port is" in problem_with({"host": "a.de", "phase": "setup", "port": port})


@pytest.mark.parametrize(
    "entry", [None, "a.de", [], {"host": "a.de", "phase": "tests"}, {"host": 3, "phase": "setup"}]
)
def test_other_shapes_are_refused(entry: object) -> None:
    assert problem_with(entry)


def test_unknown_parts_are_refused() -> None:
    assert problem_with({"host": "a.de", "phase": "setup", "port": None, "trusted": True})


def test_names_are_kept_small_and_without_a_last_dot() -> None:
    kept = {"host": "a.de", "phase": "agent", "port": None}
    assert tidied({"host": " A.DE. ", "phase": "agent"}) == kept
    assert tidied(["a.de"]) == ["a.de"]


def test_a_refusal_repeats_a_strangers_word_only_shortly() -> None:
    said = problem_with({"host": "\x1b[31m" + "x" * 5_000, "phase": "setup"})
    assert len(said) < 300
    assert "\x1b" not in said


def test_what_is_private_is_known_by_its_name() -> None:
    assert all(is_private(host) for host in ("10.0.0.5", "db", "*.corp", "a.internal"))
    assert not is_private("example.com")
