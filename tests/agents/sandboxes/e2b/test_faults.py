"""What goes wrong between the worker and E2B, and what becomes of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from e2b import SandboxException
from e2b.api import api_exception_from_code

from agents.sandboxes.base import SandboxError, SandboxLost, SandboxSpec
from agents.sandboxes.e2b import Account, E2BProvider, E2BSandbox, errors, follow
from tests.agents.sandboxes.helpers import collect
from tests.stand_ins.e2b.faults import Fault
from tests.stand_ins.e2b.server import KEY, TEMPLATE, E2BDouble

CREATE = "POST /v2/sandboxes"
START = "POST /process.Process/Start"
UPLOAD = "POST /files"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "PAUSES", (0.0,) * len(errors.PAUSES))
    monkeypatch.setattr(follow, "PAUSES", (0.0,) * len(follow.PAUSES))


def _create(provider: E2BProvider) -> None:
    provider.create(SandboxSpec(label="faulty")).close()


# --- making ------------------------------------------------------------------------------------


def test_limits_and_busy_services_are_waited_out(double: E2BDouble, provider: E2BProvider) -> None:
    double.faults.add(Fault(CREATE, status=429, headers={"Retry-After": "0"}))
    double.faults.add(Fault(CREATE, status=502))
    double.faults.add(Fault(UPLOAD, status=502, message="the upstream is away"))
    double.faults.add(Fault(START, status=429))

    _create(provider)

    assert double.faults.hits == 4
    assert provider.list() == []


def test_a_limit_that_stays_is_said(double: E2BDouble, provider: E2BProvider) -> None:
    stop = {"Should-Retry": "false"}
    double.faults.add(Fault(CREATE, times=99, status=429, headers=stop))

    with pytest.raises(SandboxError, match="limiting this account"):
        _create(provider)


def test_a_key_that_is_refused_is_said(account: Account) -> None:
    address = account.api_url
    account = Account("e2b_wrong", TEMPLATE, api_url=address, sandbox_url=address)

    with pytest.raises(SandboxError, match="refused the key") as refused:
        _create(E2BProvider(account, installation="tests"))
    assert "e2b_wrong" not in str(refused.value)


def test_an_account_without_credits_is_said(double: E2BDouble, provider: E2BProvider) -> None:
    double.faults.add(Fault(CREATE, status=403, message="team has no credits left"))

    with pytest.raises(SandboxError, match="no credits left"):
        _create(provider)


def test_a_creation_whose_answer_is_lost_makes_no_second_sandbox(
    double: E2BDouble, provider: E2BProvider
) -> None:
    double.faults.add(Fault(CREATE, lost=True))

    sandbox = provider.create(SandboxSpec(label="faulty"))
    try:
        assert list(provider.list()) == [sandbox.id]
    finally:
        sandbox.close()


def test_a_creation_that_fails_leaves_nothing(double: E2BDouble, provider: E2BProvider) -> None:
    double.faults.add(Fault(UPLOAD, times=99, status=507, message="no space left"))

    with pytest.raises(SandboxError, match="disk of the sandbox is full"):
        _create(provider)
    assert double.boxes.all == {}


def test_a_creation_that_takes_too_long_leaves_nothing(
    double: E2BDouble, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.sandboxes.e2b.account.REQUEST_SECONDS", 0.3)
    double.faults.add(Fault(CREATE, times=99, seconds=1.0))
    provider = E2BProvider(account, installation="tests")

    with pytest.raises(SandboxError, match="in time"):
        _create(provider)
    assert provider.list() == []


def test_a_service_that_speaks_no_json_is_an_error_like_others(
    provider: E2BProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def talk(*args: object, **kwargs: object) -> None:
        raise ValueError("Expecting value: line 1 column 1")

    monkeypatch.setattr(provider._client.Sandbox, "list", talk)

    with pytest.raises(SandboxError):
        provider.list()


def test_what_is_prepared_twice_at_once_is_prepared(double: E2BDouble, sandbox: E2BSandbox) -> None:
    for version in range(3):
        sandbox._helper._folder += f"-{version}"
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(sandbox.prepare) for _ in range(4)]:
                done.result()
    home = double.box(sandbox.id).machine.root / "var/lib/soulcaster"

    assert sandbox.run(["echo", "hello"]).text == "hello\n"
    assert not [path.name for path in home.glob("code-*.*")]  # no drafts
    assert not list(home.glob("*.tar.gz"))


# --- commands ----------------------------------------------------------------------------------


def test_a_stream_that_breaks_is_taken_up_where_it_broke(
    double: E2BDouble, sandbox: E2BSandbox
) -> None:
    handle = sandbox.spawn(["sh", "-c", "seq 20000; sleep 0.3; seq 20000"], key="agent")
    for cut in (400, 5000, 70_000, 100_000):
        double.faults.add(Fault(START, cut_after=cut))

    output, end = collect(sandbox, handle)

    assert double.faults.hits == 4
    assert output == 2 * b"".join(b"%d\n" % n for n in range(1, 20001))
    assert end.code == 0


def test_a_short_command_runs_once_however_often_its_stream_breaks(
    double: E2BDouble, sandbox: E2BSandbox
) -> None:
    for cut in (0, 150, 400):
        double.faults.add(Fault(START, cut_after=cut))
    double.faults.add(Fault("POST /process.Process/SendInput", lost=True))
    double.faults.add(Fault(START, status=502, message="bad gateway"))

    result = sandbox.run(["sh", "-c", "echo ran >> runs; cat runs; sleep 0.3; seq 3000"])

    assert double.faults.hits == 5
    assert result.output == b"ran\n" + b"".join(b"%d\n" % n for n in range(1, 3001))
    assert result.ok


def test_files_arrive_whole_after_what_went_wrong(double: E2BDouble, sandbox: E2BSandbox) -> None:
    path = f"{sandbox.root}/file"
    double.faults.add(Fault(UPLOAD, status=502, message="bad gateway"))
    double.faults.add(Fault(START, cut_after=0))
    sandbox.write(path, b"x" * 500_000)
    double.faults.add(Fault(START, cut_after=100_000))

    assert sandbox.read(path) == b"x" * 500_000
    assert double.faults.hits == 3


def test_a_connection_that_keeps_breaking_is_given_up(
    double: E2BDouble, sandbox: E2BSandbox
) -> None:
    handle = sandbox.spawn(["sleep", "60"], key="agent")
    double.faults.add(Fault(START, times=99, status=502, message="bad gateway"))

    with pytest.raises(SandboxError, match="again and again"):
        collect(sandbox, handle)


def test_a_sandbox_that_vanishes_is_lost(double: E2BDouble, sandbox: E2BSandbox) -> None:
    handle = sandbox.spawn(["sleep", "60"], key="agent")
    events = sandbox.follow(handle)
    assert next(events) is None

    double.vanish(sandbox.id)

    assert [event.reason for event in events if event is not None] == ["lost"]  # type: ignore[union-attr]
    with pytest.raises(SandboxLost):
        sandbox.run(["true"])
    with pytest.raises(SandboxLost):
        sandbox.write(f"{sandbox.root}/x", b"")
    sandbox.close()


def test_a_sandbox_is_closed_whatever_stands_in_the_way(
    double: E2BDouble, sandbox: E2BSandbox
) -> None:
    double.faults.add(Fault("DELETE *", times=2, status=503))
    double.faults.add(Fault("DELETE *", lost=True))

    sandbox.close()

    assert double.boxes.all == {}


def test_a_listener_that_raises_ends_its_command(double: E2BDouble, sandbox: E2BSandbox) -> None:
    def refuse(piece: bytes) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        sandbox.run(["sh", "-c", "echo x; exec sleep 60"], on_output=refuse)
    assert sandbox.run(["pgrep", "sleep"]).exit_code == 1


# --- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "text", "passes"),
    [
        (api_exception_from_code(429), "limiting this account", True),
        (httpx.ReadError("reset"), "connection to it broke", True),
        (SandboxException("504: late", status_code=504), "in time", True),
        (SandboxException("402: pay", status_code=402), "plan and credits", False),
        (SandboxException(f"500: {KEY} is odd", status_code=500), r"\*\*\*", True),
        (Exception("Body of the request is None"), "could not do it: Body", False),
    ],
)
def test_errors_are_sentences_without_keys(error: Exception, text: str, passes: bool) -> None:
    said = errors.translated(error, "do it")

    assert isinstance(said, errors.Passing) is passes
    with pytest.raises(SandboxError, match=text):
        raise said
    assert KEY not in str(said)
