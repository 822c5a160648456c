"""The provider of sandboxes on this machine, and how far they can be kept apart here."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from agents.sandboxes.base import Isolation, SandboxError, SandboxLost, SandboxSpec
from agents.sandboxes.local.egress import check_upstream
from agents.sandboxes.local.removal import remove_tree
from agents.sandboxes.local.sandbox import Host, LocalSandbox
from agents.sandboxes.local.settings import Settings, Tier, check_name
from agents.sandboxes.local.view import NOBODY, HostView, default_prefixes, missing_python
from agents.sandboxes.supervisor import landlock
from agents.sandboxes.supervisor.identity import start_time

# What can be had on one machine, strongest first.
TIERS = tuple(each for each in Isolation if each is not Isolation.MACHINE)

_AUTO = "auto"
_PROBE_SECONDS = 20.0
# What was found to work below a folder. To find out takes a start, and every job would ask.
_WORKING: dict[tuple[Path, tuple[Isolation, ...]], Tier] = {}


class LocalProvider:
    """Sandboxes below one folder of this machine.

    `anchor` is the pid of the launcher whose end ends every command. `tier` is "auto" or a value
    of `Isolation`. `extra_read_only` are host paths that commands may read, an agent's program
    for instance; `python_prefixes` are pythons for their PATH, by default the one that runs us.
    `upstream` is the proxy that this machine itself has to use (http://[user:password@]host:port).
    On any tier but the first, a root worker's commands see of these only what every user may.
    """

    name = "local"

    def __init__(
        self,
        root: Path,
        *,
        anchor: int | None = None,
        tier: str = _AUTO,
        extra_read_only: Sequence[Path] = (),
        python_prefixes: Sequence[Path] | None = None,
        upstream: str = "",
    ) -> None:
        """Raises SandboxError for an unknown tier, a wrong proxy, or a launcher that is gone."""
        self.root = root.resolve()
        self.failures: dict[Isolation, str] = {}
        self._isolations = _wanted(tier)
        self._host = Host(
            view=HostView(
                python_prefixes=default_prefixes() if python_prefixes is None else python_prefixes,
                extra=tuple(extra_read_only),
            ),
            anchor=anchor or 0,
            anchor_start=_started(anchor) if anchor else 0,
            bwrap=shutil.which("bwrap") or "",
            upstream=check_upstream(upstream),
        )
        self._lock = threading.Lock()
        self._tier: Tier | None = None

    def probe(self) -> Isolation:
        """The strongest isolation in which a command really ran; asked once per process.

        `failures` then says why stronger ones were left out.
        """
        return self._working_tier().isolation

    def create(self, spec: SandboxSpec) -> LocalSandbox:
        """A fresh sandbox; raises SandboxError with a sentence for the user."""
        check_name(spec.label, "label")
        settings = Settings(spec, self._working_tier())
        return self._make(f"{spec.label}-{secrets.token_hex(5)}", settings)

    def connect(self, sandbox_id: str) -> LocalSandbox:
        """The sandbox of that id; raises SandboxLost when it is gone."""
        folder = self.root / check_name(sandbox_id, "sandbox id")
        settings = Settings.load(folder)
        if settings is None:
            raise SandboxLost(f"The sandbox {sandbox_id} is gone.")
        return LocalSandbox(folder, settings, self._host)

    def list(self, label: str = "") -> Sequence[str]:
        """Ids of the sandboxes that exist, all or those of one label."""
        if not self.root.is_dir():
            return []
        return sorted(
            folder.name
            for folder in self.root.iterdir()
            if not folder.name.startswith(".")
            and label in ("", folder.name.rpartition("-")[0])
            and Settings.load(folder) is not None
        )

    def labels(self) -> Mapping[str, str]:
        """The label of each sandbox that exists, by its id."""
        return {sandbox_id: sandbox_id.rpartition("-")[0] for sandbox_id in self.list()}

    def _working_tier(self) -> Tier:
        with self._lock:
            if self._tier is None:
                known = (self.root, tuple(self._isolations))
                self._tier = _WORKING.get(known) or self._find_tier()
                _WORKING[known] = self._tier
            return self._tier

    def _find_tier(self) -> Tier:
        self.failures.clear()
        for tier in _candidates(self._isolations):
            failure = self._try(tier)
            if not failure:
                return tier
            self.failures[tier.isolation] = failure
        reasons = "; ".join(f"{name}: {text}" for name, text in self.failures.items())
        raise SandboxError(f"No command can be run in a sandbox on this machine. {reasons}")

    def _try(self, tier: Tier) -> str:
        """Run something in a throw-away sandbox; says what went wrong, or nothing."""
        if tier.isolation is Isolation.BUBBLEWRAP and not self._host.bwrap:
            return "the program bwrap is not installed"
        if tier.isolation is Isolation.LANDLOCK and landlock.version() < (oldest := _oldest(tier)):
            return f"the kernel has no Landlock of version {oldest} or newer"
        sandbox = self._make(f".probe-{secrets.token_hex(5)}", Settings(SandboxSpec("probe"), tier))
        try:
            result = sandbox.run(["true"], timeout=_PROBE_SECONDS)
        except SandboxError as error:
            return str(error)
        finally:
            sandbox.close()
        return "" if result.ok else result.text.strip()[-300:] or result.reason

    def _make(self, name: str, settings: Settings) -> LocalSandbox:
        folder = self.root / name
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            folder.mkdir()
            try:
                self._furnish(folder, settings.tier)
                settings.save(folder)
            except BaseException:
                remove_tree(folder)
                raise
        except OSError as error:
            raise SandboxError(f"No sandbox can be made at {folder}: {error.strerror}.") from error
        return LocalSandbox(folder, settings, self._host)

    def _furnish(self, folder: Path, tier: Tier) -> None:
        # Without namespaces of our making, the commands' user must find the way in by itself.
        passable = tier.uid is not None and tier.isolation is not Isolation.NAMESPACES
        folder.chmod(0o711 if passable else 0o700)
        (folder / "runs").mkdir(mode=0o700)
        _make_bin(folder / "bin", self._host.view.search_path(tier.isolation))
        for part in ("work", "tmp"):
            (folder / part).mkdir(mode=0o700)
            if tier.uid is not None:
                os.chown(folder / part, tier.uid, tier.uid)


def _wanted(tier: str) -> Sequence[Isolation]:
    if tier == _AUTO:
        return TIERS
    try:
        return [TIERS[TIERS.index(Isolation(tier))]]
    except ValueError as error:
        known = ", ".join([_AUTO, *TIERS])
        raise SandboxError(f"There is no isolation {tier!r}; there are {known}.") from error


def _candidates(isolations: Sequence[Isolation]) -> Sequence[Tier]:
    """All ways to try, strongest first; a real root can also do without a user namespace."""
    root = os.geteuid() == 0
    with_landlock = landlock.version() >= landlock.OLDEST_SUFFICIENT
    uid = NOBODY if root else None
    tiers: list[Tier] = []
    for isolation in isolations:
        tiers.append(Tier(isolation, True, with_landlock, uid))
        if root and isolation is Isolation.NAMESPACES:
            tiers.append(Tier(isolation, False, with_landlock, uid))
    return tiers


def _oldest(tier: Tier) -> int:
    """The version of Landlock that is enough without anything else."""
    return landlock.OLDEST_FOR_ONE_USER if tier.uid is None else landlock.OLDEST_SUFFICIENT


def _started(anchor: int) -> int:
    try:
        return start_time(anchor)
    except OSError as error:
        raise SandboxError(f"The launcher (process {anchor}) has ended.") from error


def _make_bin(folder: Path, search_path: str) -> None:
    """Many systems call it python3 only, and many projects python."""
    folder.mkdir(mode=0o755)
    if interpreter := missing_python(search_path):
        (folder / "python").symlink_to(interpreter)
