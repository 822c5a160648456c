"""A provider that starts one task and gives no shell carries sandboxes all the same."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.sandboxes.base import Exited, SandboxError, SandboxSpec
from agents.sandboxes.oneshot import OneShotSandboxes
from agents.sandboxes.oneshot.workspace import Workspace
from tests.agents.sandboxes.contract import SandboxContract
from tests.agents.sandboxes.helpers import collect, processes_with, wait_until
from tests.stand_ins.oneshot import Bucket, Tasks, service

pytestmark = pytest.mark.slow


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[tuple[Tasks, Bucket]]:
    if shutil.which("bwrap") is None:
        pytest.skip("the tasks of these tests need the package bubblewrap")
    with service(tmp_path) as parts:
        yield parts


@pytest.fixture
def provider(parts: tuple[Tasks, Bucket]) -> OneShotSandboxes:
    return OneShotSandboxes(*parts)


class TestOneShotSandbox(SandboxContract):
    """The same promises as of a sandbox with a shell."""


def test_a_task_is_told_nothing_but_an_address(
    provider: OneShotSandboxes, parts: tuple[Tasks, Bucket]
) -> None:
    tasks, bucket = parts
    sandbox = provider.create(SandboxSpec(label="secret"))
    handle = sandbox.spawn(["sh", "-c", "echo $KEY"], key="agent", env={"KEY": "canary-in-a-key"})

    assert collect(sandbox, handle)[0] == b"canary-in-a-key\n"
    assert "canary" not in repr(tasks.started)
    # Once it has ended, the key is nowhere but in what the command printed.
    kept = [key for key in bucket.keys("") if b"canary-in-a-key" in bucket.open(key).read()]
    assert kept == []


def test_a_task_that_dies_before_it_leaves_a_status_never_reads_as_success(
    provider: OneShotSandboxes, parts: tuple[Tasks, Bucket]
) -> None:
    tasks, _ = parts
    sandbox = provider.create(SandboxSpec(label="lost"))
    sandbox.write(f"{sandbox.root}/kept", b"before")
    tasks.lose = True

    result = sandbox.run(["true"])

    assert (result.exit_code, result.reason, result.ok) == (None, "lost", False)
    assert sandbox.read(f"{sandbox.root}/kept") == b"before"
    assert sandbox.run(["cat", "kept"]).output == b"before"


def test_the_next_worker_follows_from_any_offset(provider: OneShotSandboxes) -> None:
    sandbox = provider.create(SandboxSpec(label="again"))
    handle = sandbox.spawn(["sh", "-c", "printf 0123456789; touch made"], key="agent")
    assert collect(sandbox, handle)[0] == b"0123456789"

    again = OneShotSandboxes(provider._provider, provider._store).connect(sandbox.id)

    assert collect(again, handle, 4)[0] == b"456789"
    assert again.read(f"{again.root}/made") == b""


def test_closing_ends_a_task_that_still_runs(
    provider: OneShotSandboxes, parts: tuple[Tasks, Bucket]
) -> None:
    tasks, bucket = parts
    sandbox = provider.create(SandboxSpec(label="closing"))
    handle = sandbox.spawn(["sh", "-c", "echo up; exec sleep 6283"], key="agent")
    assert next(event for event in sandbox.follow(handle) if event is not None) is not None

    sandbox.close()

    assert (tasks.running(), bucket.keys("")) == ([], [])
    # The container is gone; the kernel takes what was in it along a moment later.
    wait_until(lambda: not processes_with("6283"))


@pytest.mark.parametrize("status", [b"", b"[]", b"null", b'{"code": "0"}', b'{"code": 0}'])
def test_a_status_that_makes_no_sense_is_an_error(
    provider: OneShotSandboxes, parts: tuple[Tasks, Bucket], status: bytes
) -> None:
    _, bucket = parts
    sandbox = provider.create(SandboxSpec(label="strange"))
    handle = sandbox.spawn(["true"], key="agent")
    collect(sandbox, handle)
    bucket.put(f"sandboxes/{sandbox.id}/runs/agent/status", io.BytesIO(status))

    (end,) = [event for event in sandbox.follow(handle) if isinstance(event, Exited)]

    assert (end.code, end.reason) == (None, "error")


def test_a_workspace_that_is_no_archive_is_refused(parts: tuple[Tasks, Bucket]) -> None:
    _, bucket = parts
    bucket.put("s/workspace.tar", io.BytesIO(b"x" * 2000))

    with pytest.raises(SandboxError, match="cannot be read"):
        Workspace(bucket, "s").read("file", 10)


def test_a_hard_link_and_a_device_are_not_read(parts: tuple[Tasks, Bucket]) -> None:
    _, bucket = parts
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, kind in (("hard", tarfile.LNKTYPE), ("device", tarfile.CHRTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    target.seek(0)
    bucket.put("s/workspace.tar", target)

    for name in ("hard", "device"):
        with pytest.raises(SandboxError, match="not a file"):
            Workspace(bucket, "s").read(name, 10)
