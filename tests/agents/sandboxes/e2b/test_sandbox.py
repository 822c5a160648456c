"""The E2B provider keeps the contract, with the real SDK, and its own promises."""

from __future__ import annotations

import json

import pytest

from agents.sandboxes.base import (
    Exited,
    Isolation,
    Limits,
    OutputChunk,
    SandboxError,
    SandboxLost,
    SandboxSpec,
)
from agents.sandboxes.e2b import Account, E2BProvider, E2BSandbox, errors, lifetime
from tests.agents.sandboxes.contract import LiveSandboxContract
from tests.agents.sandboxes.helpers import collect, packed, python, wait_for_output, wait_until
from tests.stand_ins.e2b.faults import Fault
from tests.stand_ins.e2b.server import KEY, TEMPLATE, E2BDouble

UPLOAD = "POST /files"


class TestE2BSandbox(LiveSandboxContract):
    """The fixture `provider` is that of this folder."""


# --- making and finding ------------------------------------------------------------------------


def test_a_machine_is_made_closed_and_short_lived_and_says_whose_it_is(
    double: E2BDouble, sandbox: E2BSandbox
) -> None:
    body = double.box(sandbox.id).body

    assert sandbox.isolation is Isolation.MACHINE
    assert body["allow_internet_access"] is False
    assert body["network"] == {"allowPublicTraffic": False}
    assert body["autoPause"] is False
    assert body["timeout"] == 600
    assert body["metadata"]["soulcaster_label"] == "own"
    assert body["metadata"]["soulcaster_installation"] == "tests"
    assert not body.get("envVars")


def test_a_machine_never_lives_longer_than_its_job(
    double: E2BDouble, provider: E2BProvider
) -> None:
    sandbox = provider.create(SandboxSpec(label="brief", wall_seconds=45))
    try:
        assert double.box(sandbox.id).timeouts == [45]
    finally:
        sandbox.close()


def test_orphans_are_found_by_their_label_over_many_pages(
    double: E2BDouble, provider: E2BProvider, account: Account, sandbox: E2BSandbox
) -> None:
    others = E2BProvider(account, installation="others")
    strange = others.create(SandboxSpec(label="own"))
    second = provider.create(SandboxSpec(label="own"))
    double.control.largest_page = 1
    try:
        second.rest()
        assert sorted(provider.list("own")) == sorted([sandbox.id, second.id])
        assert list(others.list()) == [strange.id]
        with pytest.raises(SandboxLost, match="installation"):
            provider.connect(strange.id)
    finally:
        double.control.largest_page = 100
        strange.close()
        provider.connect(second.id).close()


def test_what_a_sandbox_was_made_with_is_known_to_the_next_worker(
    provider: E2BProvider, sandbox: E2BSandbox
) -> None:
    again = provider.connect(sandbox.id)

    limits = "import resource as r; print(r.getrlimit(r.RLIMIT_NOFILE)[1])"
    assert again.run(python(limits)).text == "77\n"


# --- commands ----------------------------------------------------------------------------------


def test_the_next_worker_goes_on_where_the_last_one_died_byte_by_byte(
    provider: E2BProvider, sandbox: E2BSandbox
) -> None:
    count = "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; sleep 0.2; echo end"
    handle = sandbox.spawn(["sh", "-c", count], key="agent")
    first = b""
    for event in sandbox.follow(handle):
        if isinstance(event, OutputChunk):
            first += event.data
        if len(first) > 1000:
            break  # the worker is gone, in the middle of a line
    cut = first[:-3]

    rest, end = collect(provider.connect(sandbox.id), handle, len(cut))

    assert cut + rest == b"".join(b"line %d\n" % n for n in range(3000)) + b"end\n"
    assert end.code == 0


@pytest.mark.slow
def test_a_command_that_nobody_follows_ends_when_its_lease_is_over(
    double: E2BDouble, provider: E2BProvider
) -> None:
    sandbox = provider.create(SandboxSpec(label="lease", lease_seconds=1.0))
    try:
        handle = sandbox.spawn(["sleep", "60"], key="agent")
        events = sandbox.follow(handle)
        assert next(events) is None
        assert next(events) is None  # longer than the lease: it is renewed
        del events  # the worker is gone
        wait_until(lambda: not _sleeps(double, sandbox))
        assert collect(sandbox, handle)[1].reason == "lease"
    finally:
        sandbox.close()


def test_the_supervisor_is_out_of_the_commands_reach(sandbox: E2BSandbox) -> None:
    tries = """
        id -u; ls /var/lib/soulcaster; ls /var/lib/soulcaster/runs; kill -9 1
        for pid in $(pgrep -u root python3); do kill -9 $pid; cat /proc/$pid/environ; done
        echo mine > /var/lib/soulcaster/x; sudo -n true; echo still here
    """
    result = sandbox.run(["sh", "-c", tries])

    assert result.reason == "exited"
    lines = result.text.splitlines()
    assert lines[0] == "1000"
    assert lines[-1] == "still here"
    refused = [line for line in lines if "ermi" in line]  # permission denied, not permitted
    assert len(refused) >= 4


def test_a_command_s_secret_is_on_no_disk_and_in_no_argument_list(
    double: E2BDouble, sandbox: E2BSandbox
) -> None:
    secret = b"hush-hush-canary"
    handle = sandbox.spawn(
        ["sh", "-c", "echo up; exec sleep 60"], key="agent", env={"CANARY": secret.decode()}
    )
    wait_for_output(sandbox, handle, b"up")
    machine = double.box(sandbox.id).machine
    who = {pid: _read(f"/proc/{pid}/comm").strip() for pid in machine.pids()}
    arguments = b"".join(_read(f"/proc/{pid}/cmdline") for pid in who)
    holders = {name for pid, name in who.items() if secret in _read(f"/proc/{pid}/environ")}
    own = [path for path in (machine.root / "var/lib").rglob("*") if path.is_file()]
    sandbox.kill(handle)

    assert b"sleep" in arguments
    assert secret not in arguments
    assert holders == {b"sleep"}
    assert own
    assert not any(secret in _read(str(path)) for path in own)


def test_our_tools_are_brought_once_and_are_root_s(
    double: E2BDouble, provider: E2BProvider, sandbox: E2BSandbox
) -> None:
    archive = packed({"inner/tool.py": b"print('ours')\n"})
    folder = sandbox.provide(archive)
    brought = double.faults.seen.count(UPLOAD)
    calls = len(double.faults.seen)

    assert sandbox.provide(archive) == folder
    assert len(double.faults.seen) == calls
    assert provider.connect(sandbox.id).provide(archive) == folder
    assert double.faults.seen.count(UPLOAD) == brought
    owners = sandbox.run(["stat", "-c", "%U %a", folder, f"{folder}/inner/tool.py"])
    assert owners.text.splitlines() == ["root 755", "root 644"]
    spoil = sandbox.run(["sh", "-c", f"echo x > {folder}/inner/tool.py || rm -r {folder}/.."])
    assert not spoil.ok
    assert sandbox.provide(packed({"tool.py": b"other"})) != folder


def test_our_tools_arrive_whole_after_what_went_wrong(
    double: E2BDouble, sandbox: E2BSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "PAUSES", (0.0,) * len(errors.PAUSES))
    double.faults.add(Fault(UPLOAD, status=502, message="bad gateway"))
    double.faults.add(Fault("POST /process.Process/Start", cut_after=0))

    folder = sandbox.provide(packed({"tool.py": b"print('ours')\n"}))

    assert double.faults.hits == 2
    assert sandbox.run(["python3", f"{folder}/tool.py"]).text == "ours\n"


@pytest.mark.parametrize(
    ("limits", "greedy", "reason"),
    [
        (Limits(disk_bytes=8 << 20), "with open('x','wb') as f: f.write(bytes(64 << 20))", "disk"),
        (Limits(memory_bytes=64 << 20), "x = [bytearray(8 << 20) for _ in range(64)]", "exited"),
    ],
)
def test_a_greedy_command_is_ended(
    provider: E2BProvider, limits: Limits, greedy: str, reason: str
) -> None:
    sandbox = provider.create(SandboxSpec(label="greedy", limits=limits))
    try:
        result = sandbox.run(python(f"{greedy}; import time; time.sleep(20)"))
    finally:
        sandbox.close()

    assert result.reason == reason
    assert not result.ok


def test_a_large_file_travels_both_ways(sandbox: E2BSandbox) -> None:
    data = bytes(range(256)) * 40_000  # 10 MB

    sandbox.write(f"{sandbox.root}/large", data)

    assert sandbox.read(f"{sandbox.root}/large") == data
    assert sandbox.run(["stat", "-c", "%U %s", "large"]).text == f"user {len(data)}\n"


# --- life --------------------------------------------------------------------------------------


def test_a_resting_sandbox_keeps_its_processes_and_connecting_wakes_it(
    double: E2BDouble, provider: E2BProvider, sandbox: E2BSandbox
) -> None:
    waits = "echo first; until [ -e go ]; do sleep 0.05; done; echo second"
    handle = sandbox.spawn(["sh", "-c", waits], key="agent")
    wait_for_output(sandbox, handle, b"first")

    sandbox.rest()
    sandbox.rest()
    assert double.box(sandbox.id).state == "paused"
    again = provider.connect(sandbox.id)
    assert double.box(sandbox.id).state == "running"
    again.write(f"{again.root}/go", b"")

    assert collect(again, handle)[0] == b"first\nsecond\n"


def test_life_is_extended_while_somebody_follows_and_not_beyond_the_limit(
    double: E2BDouble, provider: E2BProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "RENEW_SECONDS", 0.1)
    sandbox = provider.create(SandboxSpec(label="life", wall_seconds=120))
    try:
        sandbox.run(["sh", "-c", "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done"])
        timeouts = double.box(sandbox.id).timeouts
        assert len(timeouts) > 1
        assert max(timeouts[1:]) <= 180
        assert timeouts[1] > 120
    finally:
        sandbox.close()


def test_an_account_s_longest_life_ends_no_command(double: E2BDouble, sandbox: E2BSandbox) -> None:
    double.faults.add(Fault("POST *timeout", status=400, message="longer than one hour"))
    sandbox._lifetime._renewed -= lifetime.RENEW_SECONDS

    assert sandbox.run(["echo", "all the same"]).text == "all the same\n"
    assert double.faults.hits == 1


def test_beyond_its_limit_a_machine_is_left_to_its_end() -> None:
    told: list[int] = []
    life = lifetime.Lifetime(told.append, -lifetime.RENEW_SECONDS)
    life._renewed -= lifetime.RENEW_SECONDS
    life.extend()

    assert told == []


def test_a_sandbox_whose_time_ran_out_is_lost(double: E2BDouble, sandbox: E2BSandbox) -> None:
    handle = sandbox.spawn(["sleep", "60"], key="agent")
    events = sandbox.follow(handle)
    assert next(events) is None

    double.call(lambda: double.box(sandbox.id).live_for(0))

    end = [event for event in events if isinstance(event, Exited)]
    assert [each.reason for each in end] == ["lost"]
    with pytest.raises(SandboxLost, match="gone"):
        sandbox.read(f"{sandbox.root}/x")


def test_nothing_of_a_machine_is_left(double: E2BDouble, provider: E2BProvider) -> None:
    sandbox = provider.create(SandboxSpec(label="gone"))
    machine = double.box(sandbox.id).machine
    sandbox.spawn(["sleep", "60"], key="agent")
    assert machine.pids()

    sandbox.close()
    sandbox.close()

    assert machine.pids() == []
    assert sandbox.id not in double.boxes.all


# --- whose it is -------------------------------------------------------------------------------


def test_the_key_is_shown_nowhere(account: Account, sandbox: E2BSandbox) -> None:
    assert KEY not in repr(account)
    everything = sandbox.run(["sh", "-c", "env; cat /proc/*/cmdline /proc/*/environ 2>/dev/null"])
    assert KEY.encode() not in everything.output


def test_another_version_s_sandbox_gets_the_program_of_this_one(
    provider: E2BProvider, sandbox: E2BSandbox
) -> None:
    again = provider.connect(sandbox.id)
    again._helper._folder += "-newer"
    handle = again.spawn(["echo", "hello"], key="agent")

    assert collect(again, handle)[0] == b"hello\n"
    again._helper._folder += "-newest"
    assert again.run(["echo", "hello"]).text == "hello\n"


def test_metadata_that_cannot_be_read_is_a_sandbox_that_is_lost(
    double: E2BDouble, provider: E2BProvider, sandbox: E2BSandbox
) -> None:
    metadata = double.box(sandbox.id).body["metadata"]
    metadata["soulcaster_spec"] = json.dumps({"limits": {}, "new": 1})

    with pytest.raises(SandboxLost, match="version"):
        provider.connect(sandbox.id)


def test_a_template_that_is_not_there_is_said_with_what_to_do(account: Account) -> None:
    address = account.api_url
    account = Account(KEY, "other", api_url=address, sandbox_url=address)

    with pytest.raises(SandboxError, match="sandbox_template build"):
        E2BProvider(account, installation="tests").create(SandboxSpec(label="x"))
    assert TEMPLATE != "other"


def _sleeps(double: E2BDouble, sandbox: E2BSandbox) -> bool:
    machine = double.box(sandbox.id).machine
    return any(b"sleep" in _read(f"/proc/{pid}/comm") for pid in machine.pids())


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return b""
