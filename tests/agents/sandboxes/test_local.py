"""The local provider keeps the contract on every tier, and its own promises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents.sandboxes.base import Isolation, Limits, SandboxError, SandboxSpec
from agents.sandboxes.local import TIERS, LocalProvider
from agents.sandboxes.supervisor import landlock
from tests.agents.sandboxes.contract import LiveSandboxContract
from tests.agents.sandboxes.helpers import collect, provider_of, python


class TestLocalSandbox(LiveSandboxContract):
    @pytest.fixture
    def provider(self, tier_provider: LocalProvider) -> LocalProvider:
        return tier_provider


def test_the_strongest_isolation_that_works_is_chosen(any_provider: LocalProvider) -> None:
    chosen = any_provider.probe()

    stronger = TIERS[: TIERS.index(chosen)]
    assert sorted(any_provider.failures) == sorted(stronger)
    assert all(any_provider.failures.values())
    assert any_provider.list() == []


FILTERED = """
import sys
import json
import os
import subprocess
import sys
from pathlib import Path
from agents.sandboxes.local import LocalProvider
from agents.sandboxes.supervisor import landlock
from agents.sandboxes.supervisor import seccomp
seccomp.restrict([seccomp.AF_UNIX, seccomp.AF_INET])
provider = LocalProvider(Path(sys.argv[1]))
print(provider.probe(), *provider.failures)
"""


def test_where_namespaces_are_forbidden_as_in_a_container_landlock_is_chosen(
    sandboxes_root: Path,
) -> None:
    provider_of(Isolation.LANDLOCK, sandboxes_root / "landlock")
    result = subprocess.run(
        [sys.executable, "-c", FILTERED, str(sandboxes_root / "filtered")],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout.split() == ["landlock", "namespaces", "bubblewrap"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can; run the tests as root")
def test_a_real_root_needs_no_user_namespace(sandboxes_root: Path) -> None:
    provider = provider_of(Isolation.NAMESPACES, sandboxes_root / "namespaces")
    sandbox = provider.create(SandboxSpec(label="root"))
    try:
        settings = provider.root / sandbox.id / "sandbox.json"
        record = json.loads(settings.read_text())
        record["tier"]["user_namespace"] = False
        settings.write_text(json.dumps(record))
        result = provider.connect(sandbox.id).run(
            ["sh", "-c", "id -u; grep CapBnd /proc/self/status; echo > /proc/sys/kernel/panic"]
        )
    finally:
        sandbox.close()

    assert result.text.split()[:3] == ["65534", "CapBnd:", "0" * 16]
    assert not result.ok


def test_an_unknown_isolation_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="bubblewrap"):
        LocalProvider(tmp_path, tier="magic")


def test_a_launcher_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="launcher"):
        LocalProvider(tmp_path, anchor=2**22 - 1)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SandboxError):
        LocalProvider(tmp_path / "file" / "root").create(SandboxSpec(label="x"))


def test_more_output_than_the_limit_is_left_out_and_said(any_provider: LocalProvider) -> None:
    spec = SandboxSpec(label="loud", limits=Limits(output_bytes=1000))
    sandbox = any_provider.create(spec)
    try:
        handle = sandbox.spawn(["head", "-c", "3000000", "/dev/zero"], key="loud")
        output, end = collect(sandbox, handle)
        quiet = sandbox.run(["head", "-c", "1000", "/dev/zero"])
    finally:
        sandbox.close()

    assert (len(output), end.truncated, end.code) == (1000, True, 0)
    assert (len(quiet.output), quiet.truncated) == (1000, False)


def test_memory_open_files_and_file_sizes_are_limited(tier_provider: LocalProvider) -> None:
    limits = Limits(memory_bytes=256 << 20, open_files=64, file_bytes=1 << 20, cpu_seconds=77)
    sandbox = tier_provider.create(SandboxSpec(label="limited", limits=limits))
    read = (
        "import resource as r; print([r.getrlimit(k)[1] for k in"
        " (r.RLIMIT_DATA, r.RLIMIT_NOFILE, r.RLIMIT_FSIZE, r.RLIMIT_CPU, r.RLIMIT_CORE)])"
    )
    try:
        seen = sandbox.run(python(read))
        greedy = sandbox.run(python("x = bytearray(1 << 29)"))
    finally:
        sandbox.close()

    assert seen.text == f"{[256 << 20, 64, 1 << 20, 77, 0]}\n"
    assert "MemoryError" in greedy.text


def test_pythons_and_extra_paths_can_be_read_but_not_written(
    sandboxes_root: Path, any_provider: LocalProvider
) -> None:
    extra = sandboxes_root / "tools"
    extra.mkdir()
    (extra / "tool").write_text("#!/bin/sh\necho tool ran\n")
    (extra / "tool").chmod(0o755)
    provider = LocalProvider(sandboxes_root / "extra", extra_read_only=[extra])
    sandbox = provider.create(SandboxSpec(label="extra"))
    try:
        ran = sandbox.run([str(extra / "tool")])
        written = sandbox.run(["sh", "-c", f"echo > {extra}/new"])
        version = sandbox.run(
            ["python", "-c", "import ssl, sqlite3, sys; print(sys.version_info[0])"]
        )
    finally:
        sandbox.close()

    assert ran.text == "tool ran\n"
    assert not written.ok
    assert version.text == "3\n"
    assert [path.name for path in extra.iterdir()] == ["tool"]


def test_landlock_must_protect_a_worker_of_the_same_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before version 6 it lets a command end every process of its user."""
    monkeypatch.setattr(landlock, "version", lambda: 5)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    provider = LocalProvider(tmp_path, tier="landlock")

    with pytest.raises(SandboxError, match="no Landlock of version 6"):
        provider.probe()
