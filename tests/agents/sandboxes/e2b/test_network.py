"""What a command at E2B may reach, and that keys are put on outside of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.sandboxes.base import Destination, Network, Reach, SandboxError
from agents.sandboxes.e2b import E2BProvider, E2BSandbox
from agents.sandboxes.e2b.network import Gate, rules
from tests.agents.sandboxes.e2b.helpers import Backend, fetch
from tests.agents.sandboxes.helpers import collect, wait_for_output
from tests.stand_ins.e2b.faults import Fault
from tests.stand_ins.e2b.server import E2BDouble

SECRET = "sk-never-inside-0123456789"
MODEL, OTHER = "http://model.test/v1", "http://other.test/"
WITH_KEY = Destination("model.test", headers=(("Authorization", f"Bearer {SECRET}"),))
NOTHING = {"denyOut": ["0.0.0.0/0"]}


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with Backend().serving() as backend:
        yield backend


@pytest.fixture
def double(e2b_double: E2BDouble, backend: Backend) -> Iterator[E2BDouble]:
    """Names of the outside world lead to the backend."""
    e2b_double.faults.clear()
    backend.headers.clear()
    e2b_double.backends |= {"model.test": backend.address, "other.test": backend.address}
    yield e2b_double
    e2b_double.backends.clear()
    e2b_double.faults.clear()


def test_nothing_can_be_reached_unless_it_was_said(
    double: E2BDouble, sandbox: E2BSandbox, backend: Backend
) -> None:
    result = sandbox.run(fetch(MODEL, f"http://127.0.0.1:{backend.address[1]}/"))

    assert "200" not in result.text
    assert len(result.text.split()) == 2
    assert backend.headers == []
    assert len(double.box(sandbox.id).networks) == 1  # that of its creation


def test_a_list_is_reached_and_nothing_else_and_only_by_its_command(
    double: E2BDouble, sandbox: E2BSandbox
) -> None:
    listed = sandbox.run(fetch(MODEL, OTHER), network=Network.only([Destination("model.test")]))
    after = sandbox.run(fetch(MODEL))

    assert listed.text.split()[0] == "200"
    assert listed.text.split()[1] != "200"
    assert after.text != "200\n"
    assert double.box(sandbox.id).networks[1:] == [
        {"allowOut": ["model.test"], "denyOut": ["0.0.0.0/0"], "rules": {}},
        NOTHING,
    ]


def test_an_open_network_reaches_everything(sandbox: E2BSandbox) -> None:
    both = sandbox.run(fetch(MODEL, OTHER), network=Network.OPEN)
    added = sandbox.run(fetch(MODEL, OTHER), network=Network(Reach.OPEN, (WITH_KEY,)))

    assert both.text.split() == added.text.split() == ["200", "200"]


def test_a_key_is_put_on_outside_and_is_nowhere_inside(
    double: E2BDouble, sandbox: E2BSandbox, backend: Backend
) -> None:
    assert sandbox.adds_headers
    script = 'until [ -e go ]; do sleep 0.05; done; exec "$@"'
    handle = sandbox.spawn(
        ["sh", "-c", script, "sh", *fetch(MODEL)], key="agent", network=Network.only([WITH_KEY])
    )
    machine = double.box(sandbox.id).machine
    search = "cat /proc/*/environ /proc/*/cmdline 2>/dev/null; grep -rs . /var/lib /tmp /home /etc"
    seen = sandbox.run(["sh", "-c", search])
    inside = b"".join(path.read_bytes() for path in machine.root.rglob("*") if path.is_file())
    sandbox.write(f"{sandbox.root}/go", b"")
    output, end = collect(sandbox, handle)

    assert output == b"200\n", end
    assert backend.headers[-1]["authorization"] == f"Bearer {SECRET}"
    assert SECRET.encode() not in seen.output
    assert SECRET.encode() not in inside
    assert len(inside) > 1000
    assert sandbox.run(["env"]).text.count("CERT") == 0


def test_where_headers_are_put_on_the_system_s_authorities_are_trusted(sandbox: E2BSandbox) -> None:
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    result = sandbox.run(["env"], env={"SSL_CERT_FILE": "/own"}, network=Network.only([WITH_KEY]))

    assert f"NODE_EXTRA_CA_CERTS={bundle}" in result.text.splitlines()
    assert "SSL_CERT_FILE=/own" in result.text.splitlines()


def test_the_network_is_closed_after_the_end_and_after_a_kill(
    double: E2BDouble, sandbox: E2BSandbox
) -> None:
    network = Network.only([Destination("model.test")])
    box = double.box(sandbox.id)
    collect(sandbox, sandbox.spawn(["true"], key="one", network=network))
    assert box.networks[-1] == NOTHING

    killed = sandbox.spawn(["sleep", "60"], key="two", network=network)
    assert box.networks[-1]["allowOut"] == ["model.test"]
    sandbox.kill(killed)
    assert box.networks[-1] == NOTHING


def test_the_next_worker_closes_what_a_dead_one_left_open(
    double: E2BDouble, provider: E2BProvider, sandbox: E2BSandbox
) -> None:
    network = Network.only([Destination("model.test")])
    handle = sandbox.spawn(["true"], key="agent", network=network)
    collect(provider.connect(sandbox.id), handle)
    assert double.box(sandbox.id).networks[-1] == NOTHING

    sandbox.spawn(["true"], key="again", network=network)
    again = provider.connect(sandbox.id)
    again.run(["true"])
    assert double.box(sandbox.id).networks[-1] == NOTHING


def test_a_command_without_a_network_takes_none_away_from_another(
    double: E2BDouble, provider: E2BProvider, sandbox: E2BSandbox
) -> None:
    network = Network.only([Destination("model.test")])
    handle = sandbox.spawn(["sh", "-c", "echo up; exec sleep 60"], key="agent", network=network)
    wait_for_output(sandbox, handle, b"up")
    for user in (sandbox, provider.connect(sandbox.id)):
        user.run(["true"])
        assert double.box(sandbox.id).networks[-1]["allowOut"] == ["model.test"]
        with pytest.raises(SandboxError, match="one set of rules"):
            user.run(["true"], network=Network.OPEN)


def test_what_e2b_says_about_a_key_is_not_said_again(
    double: E2BDouble, sandbox: E2BSandbox
) -> None:
    double.faults.add(Fault("PUT *", status=400, message=f"bad header Bearer {SECRET}"))

    with pytest.raises(SandboxError, match="bad header") as refused:
        sandbox.run(["true"], network=Network.only([WITH_KEY]))
    assert SECRET not in str(refused.value)


def test_rules_that_could_not_be_reset_are_reset_before_the_next_command(
    double: E2BDouble, sandbox: E2BSandbox
) -> None:
    network = Network.only([Destination("model.test")])
    handle = sandbox.spawn(["true"], key="agent", network=network)
    double.faults.add(Fault("PUT *", status=400))
    assert collect(sandbox, handle)[1].code == 0
    assert double.box(sandbox.id).networks[-1] != NOTHING

    sandbox.run(["true"])

    assert double.box(sandbox.id).networks[-1] == NOTHING


# --- the words of E2B --------------------------------------------------------------------------


def test_a_name_with_another_port_cannot_be_had() -> None:
    with pytest.raises(SandboxError, match="ports 80 and 443"):
        rules(Network.only([Destination("model.test", 8080)]))


def test_addresses_are_taken_but_private_ones_only_from_the_operator() -> None:
    network = Network.only(
        [
            Destination("93.184.216.34", 8080),
            Destination("10.0.0.1"),
            Destination("169.254.169.254"),
            Destination("10.0.0.2", trusted=True),
            Destination("*.example.org", 443),
        ]
    )

    assert rules(network)["allow_out"] == ["93.184.216.34", "10.0.0.2", "*.example.org"]


def test_a_gate_asks_e2b_only_when_something_changes() -> None:
    told: list[Network] = []
    gate = Gate(told.append, list, Network.NONE)
    listed = Network.only([Destination("a.test")])
    for key in ("one", "two"):
        gate.open(Network.NONE, key)
        gate.close(key)
    gate.open(listed, "three")
    gate.open(listed, "four")
    gate.close("three")
    gate.close("four")
    gate.close("four")

    assert told == [listed, Network.NONE]
