"""Sandboxes of this machine in which a worker can be held at each thing it does.

They come from outside, as another package's would: by an entry point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from agents.sandboxes.base import Network, ProcessHandle, SandboxSpec
from agents.sandboxes.local import LocalProvider
from agents.sandboxes.local.sandbox import LocalSandbox
from agents.sandboxes.registry import Place, SandboxEntry
from tests.live.faults.moments import reach


class HeldSandbox(LocalSandbox):
    """Says when it is used, and for what."""

    @classmethod
    def like(cls, other: LocalSandbox) -> HeldSandbox:
        """The same sandbox."""
        return cls(other._folder, other._settings, other._host)

    def put_repository(self, bundle: Path, *, base: str, shallow: Sequence[str]) -> None:
        reach("checkout")
        super().put_repository(bundle, base=base, shallow=shallow)

    def spawn(
        self,
        argv: Sequence[str],
        *,
        key: str,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
        network: Network = Network.NONE,
    ) -> ProcessHandle:
        handle = super().spawn(argv, key=key, cwd=cwd, env=env, timeout=timeout, network=network)
        reach(f"{key.partition('-')[0]}-runs")
        return handle

    def get_commits(self, base: str) -> bytes:
        commits = super().get_commits(base)
        reach("commits-taken")
        return commits

    def close(self) -> None:
        reach("close")
        super().close()
        reach("closed")


class HeldProvider(LocalProvider):
    """See the module."""

    name = "held"

    def create(self, spec: SandboxSpec) -> LocalSandbox:
        reach("provision")
        made = HeldSandbox.like(super().create(spec))
        reach("provisioned")
        return made

    def connect(self, sandbox_id: str) -> LocalSandbox:
        return HeldSandbox.like(super().connect(sandbox_id))


def _create(place: Place) -> HeldProvider:
    return HeldProvider(place.home, anchor=place.anchor, extra_read_only=place.readable)


ENTRY = SandboxEntry(
    "held",
    "Held",
    "where it can be held",
    "A folder of this machine in which tests stop time.",
    _create,
    on_this_machine=True,
)
