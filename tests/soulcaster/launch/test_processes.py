"""Children live exactly as long as the launcher."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from soulcaster.launch import processes
from soulcaster.launch.processes import Command, Hopeless, Supervisor
from tests.soulcaster.launch.waiting import is_alive, until

SLEEPER = "import sys, time; print('up', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(said.append)
    yield supervisor
    supervisor.stop()


def command(folder: Path, code: str, name: str = "child", stop_seconds: float = 5.0) -> Command:
    return Command(
        name=name,
        argv=[sys.executable, "-c", code],
        environment={"GREETING": "hello"},
        log=folder / f"{name}.log",
        stop_seconds=stop_seconds,
    )


def is_up(log: Path) -> bool:
    return log.exists() and log.read_text().startswith("up")


def test_a_child_gets_its_environment_and_nothing_else(tmp_path: Path) -> None:
    child = command(tmp_path, "import os; print(os.environ['GREETING'], 'HOME' in os.environ)")
    assert processes.run(child) == "hello False\n"


def test_a_failing_command_tells_the_end_of_its_log(tmp_path: Path) -> None:
    child = command(tmp_path, "import sys; sys.exit('the disk is full')", name="migrate")
    with pytest.raises(Hopeless, match=r"(?s)migrate ended with status 1.*the disk is full"):
        processes.run(child)


def test_a_child_leads_its_own_session(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(command(tmp_path, SLEEPER))
    pid = supervisor.pids()["child"]
    assert os.getsid(pid) == pid != os.getsid(0)


def test_stop_ends_all_of_them(supervisor: Supervisor, said: list[str], tmp_path: Path) -> None:
    for name in ("a", "b"):
        supervisor.start(command(tmp_path, SLEEPER, name))
    pids = supervisor.pids().values()
    supervisor.stop()
    assert not any(is_alive(pid) for pid in pids)
    assert said == []


def test_one_that_ignores_the_request_is_made_to_end(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    child = command(tmp_path, STUBBORN, stop_seconds=0.2)
    supervisor.start(child)
    until(lambda: is_up(child.log))
    pid = supervisor.pids()["child"]
    supervisor.stop()
    assert not is_alive(pid)
    assert said == ["child did not stop within 0.2 s: ended."]


def test_a_crashed_child_starts_again(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    supervisor.start(command(tmp_path, SLEEPER))
    first = supervisor.pids()["child"]
    os.kill(first, signal.SIGKILL)
    until(lambda: _checked(supervisor)["child"] != first)
    assert is_alive(supervisor.pids()["child"])
    assert said == [
        f"child was ended by SIGKILL; it starts again in 0.5 s. Its log is {tmp_path}/child.log."
    ]


def test_one_that_crashes_again_and_again_is_hopeless(
    supervisor: Supervisor, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "BACKOFF", (0.01,) * 5)
    supervisor.start(command(tmp_path, "import sys; sys.exit('no such module')"))
    with pytest.raises(Hopeless, match=r"(?s)5th time within a minute.*no such module"):
        until(lambda: not _checked(supervisor))
    assert len(said) == 4


def test_nothing_is_left_when_the_launcher_is_killed(tmp_path: Path) -> None:
    code = f"""
import time
from pathlib import Path
from soulcaster.launch.processes import Command, Supervisor
import sys
folder = Path({str(tmp_path)!r})
supervisor = Supervisor(print)
for name in ("a", "b"):
    argv = [sys.executable, "-c", {STUBBORN!r}]
    supervisor.start(Command(name, argv, {{}}, folder / f"{{name}}.log"))
print(*supervisor.pids().values(), flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as launcher:
        assert launcher.stdout is not None
        pids = [int(pid) for pid in launcher.stdout.readline().split()]
        until(lambda: all(is_up(tmp_path / f"{name}.log") for name in ("a", "b")))
        launcher.kill()
    assert len(pids) == 2
    until(lambda: not any(is_alive(pid) for pid in pids))


def test_a_log_is_capped_while_it_is_written(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab") as writer:
        writer.write(b"old\n" * 100)
        writer.flush()
        processes.cap(log, limit=100)
        writer.write(b"new\n")
    assert log.read_bytes() == b"new\n"
    assert (tmp_path / "web.log.1").read_bytes() == b"old\n" * 100


def test_the_tail_of_a_long_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("".join(f"line {n}\n" for n in range(10_000)))
    assert processes.tail(log, lines=2) == "line 9998\nline 9999"


def _checked(supervisor: Supervisor) -> dict[str, int]:
    supervisor.check()
    return supervisor.pids()
